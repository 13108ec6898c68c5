import { describe, expect, it } from 'vitest';
import { calibrationCoordinates, fillSlopes, PARAMETER_RULES, toParameters, toPoint } from '../../../src/iv/heston/calibration-coordinates.ts';
import { HESTON_PARAMETER_NAMES } from '../../../src/iv/heston/parameters.ts';

const vector = Float64Array.of(0.04, 1.5, 0.09, 0.5, -0.7);
const cases: [string, Parameters<typeof calibrationCoordinates>[1]][] = [
  ['all free', { count: 5, fixed: {}, bounds: {}, holdFeller: false }],
  ['kappa and rho fixed', { count: 5, fixed: { meanReversion: 1.5, correlation: -0.7 }, bounds: {}, holdFeller: false }],
  ['Feller held by sigma', { count: 5, fixed: {}, bounds: {}, holdFeller: true }],
  ['Feller held by kappa', { count: 5, fixed: { volOfVariance: 0.5 }, bounds: {}, holdFeller: true }],
  ['Feller held by theta', { count: 5, fixed: { volOfVariance: 0.5, meanReversion: 1.5 }, bounds: {}, holdFeller: true }],
  ['Feller held by sigma, theta fixed', { count: 5, fixed: { longRunVariance: 0.09 }, bounds: {}, holdFeller: true }],
];

describe('calibrationCoordinates', () => {
  it('names the parameters in the order of the vectors', () => {
    expect(PARAMETER_RULES.slice(0, 5).map(({ name }) => name)).toEqual(HESTON_PARAMETER_NAMES);
  });

  it.each(cases)('goes there and back: %s', (_, options) => {
    const coordinates = calibrationCoordinates('test', options);
    const back = new Float64Array(5);
    toParameters(coordinates, toPoint(coordinates, vector), back);
    back.forEach((value, j) => expect(value).toBeCloseTo(vector[j], 14));
    for (const [name, value] of Object.entries(options.fixed)) expect(back[PARAMETER_RULES.findIndex((rule) => rule.name === name)]).toBe(value);
  });

  it.each(cases)('has the slopes of its map: %s', (_, options) => {
    const coordinates = calibrationCoordinates('test', options);
    const { freeCount, matrix } = coordinates;
    const point = toPoint(coordinates, vector);
    const slopes = new Float64Array(5);
    fillSlopes(coordinates, vector, slopes);
    const high = new Float64Array(5);
    const low = new Float64Array(5);
    for (let column = 0; column < freeCount; column++) {
      const moved = (step: number): Float64Array => point.map((value, j) => (j === column ? value + step : value));
      toParameters(coordinates, moved(1e-5), high);
      toParameters(coordinates, moved(-1e-5), low);
      for (let j = 0; j < 5; j++) expect(slopes[j] * matrix[j * freeCount + column]).toBeCloseTo((high[j] - low[j]) / 2e-5, 8);
    }
  });

  it('puts Feller\'s condition on a bound: coordinate 0 is the ratio 1', () => {
    const coordinates = calibrationCoordinates('test', { count: 5, fixed: {}, bounds: {}, holdFeller: true });
    expect(coordinates.names[3]).toBe('fellerRatio');
    expect(coordinates.upper[3]).toBe(0);
    const violating = Float64Array.of(0.04, 1.5, 0.09, 2, -0.7);
    const point = toPoint(coordinates, violating);
    expect(point[3]).toBe(0); // moved onto the bound
    const back = new Float64Array(5);
    toParameters(coordinates, point, back);
    expect(back[3]).toBeCloseTo(Math.sqrt(2 * 1.5 * 0.09), 14);
  });

  it('moves a start onto the bounds', () => {
    const coordinates = calibrationCoordinates('test', { count: 5, fixed: {}, bounds: { meanReversion: [2, 3] }, holdFeller: false });
    const back = new Float64Array(5);
    toParameters(coordinates, toPoint(coordinates, Float64Array.of(0, 1.5, 100, 0.5, -1)), back);
    [1e-6, 2, 25, 0.5, -0.999].forEach((value, j) => expect(back[j]).toBeCloseTo(value, 12));
  });
});
