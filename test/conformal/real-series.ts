import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

function csv(name: string): string[][] {
  const text = gunzipSync(readFileSync(new URL(`./fixtures/${name}`, import.meta.url))).toString();
  return text.trim().split('\n').slice(1).map((line) => line.split(','));
}

function logReturns(closes: readonly number[]): Float64Array {
  return Float64Array.from({ length: closes.length - 1 }, (_, i) => Math.log(closes[i + 1]) - Math.log(closes[i]));
}

/** RiskMetrics volatility known before each return: decay 0.94, started at the mean of the first 22 squares. */
function ewmaVolatility(returns: Float64Array): Float64Array {
  const variance = new Float64Array(returns.length);
  variance[0] = returns.subarray(0, 22).reduce((sum, r) => sum + r * r, 0) / 22;
  for (let t = 1; t < returns.length; t++) variance[t] = 0.94 * variance[t - 1] + 0.06 * returns[t - 1] ** 2;
  return variance.map(Math.sqrt);
}

export interface Series {
  readonly returns: Float64Array;
  readonly volatility: Float64Array;
  /** First return that is tested. */
  readonly start: number;
}

/** S&P 500 daily log returns; tested from 2000-01-03. `vix` is the last close known before the return. */
export function spx(): Series & { readonly vix: Float64Array } {
  const rows = csv('spx_vix_close_1990_2022.csv.gz');
  const returns = logReturns(rows.map((row) => Number(row[1])));
  let last = NaN;
  const vix = Float64Array.from(returns, (_, i) => {
    last = rows[i][2] === '' ? last : Number(rows[i][2]);
    return last;
  });
  return { returns, volatility: ewmaVolatility(returns), start: rows.findIndex(([date]) => date >= '2000-01-03') - 1, vix };
}

/** BTC hourly log returns; tested from 2018-01-01T00. */
export function btc(): Series {
  const returns = logReturns(csv('btcusd_close_1h_2017_2019.csv.gz').map(([close]) => Number(close)));
  return { returns, volatility: ewmaVolatility(returns), start: 4404 };
}
