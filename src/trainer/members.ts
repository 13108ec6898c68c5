/** The models an ensemble is made of. */
import { requireKnownKeys, unknownName } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { labelInfo } from '../features/index.ts';
import type { Label } from '../features/index.ts';
import { checkElasticNetOptions, checkForestLearnerOptions, checkGbdtLearnerOptions, checkRidgeOptions, elasticNetLearner, forestLearner, gbdtLearner, ridgeLearner } from '../learners/index.ts';
import type { ElasticNetOptions, ForestLearnerOptions, GbdtLearnerOptions, Learner, RidgeOptions } from '../learners/index.ts';

/** A member as plain data: which learner, with which options. */
export interface MemberSpec {
  readonly learner: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const learners: Readonly<Record<string, Learner>> = { [gbdtLearner.kind]: gbdtLearner, [forestLearner.kind]: forestLearner, [ridgeLearner.kind]: ridgeLearner, [elasticNetLearner.kind]: elasticNetLearner };

const checks: Readonly<Record<string, (fn: string, options: object) => void>> = { [gbdtLearner.kind]: checkGbdtLearnerOptions, [forestLearner.kind]: checkForestLearnerOptions, [ridgeLearner.kind]: checkRidgeOptions, [elasticNetLearner.kind]: checkElasticNetOptions };

/** Learners of the host's own, by kind. */
export type HostLearners = Readonly<Record<string, Learner>>;

/** A boosted-tree member. */
export function gbdt(options: GbdtLearnerOptions = {}): MemberSpec {
  return { learner: gbdtLearner.kind, options: { ...options } };
}

/** A member of independent trees on drawn rows: a random forest, or extra trees. */
export function forest(options: ForestLearnerOptions = {}): MemberSpec {
  return { learner: forestLearner.kind, options: { ...options } };
}

/** A ridge member. */
export function ridge(options: RidgeOptions = {}): MemberSpec {
  return { learner: ridgeLearner.kind, options: { ...options } };
}

/** An elastic-net member. */
export function elasticNet(options: ElasticNetOptions = {}): MemberSpec {
  return { learner: elasticNetLearner.kind, options: { ...options } };
}

/** Boosted trees and ridge: two views that err differently. */
export function defaultMembers(label: Label): Record<string, MemberSpec> {
  return { gbdt: gbdt(labelInfo(label).task === 'binary' ? { objective: 'logistic' } : {}), ridge: ridge() };
}

/** Checks member specs; the options of a host's own learner are checked by that learner when it fits. */
export function memberSpecs(fn: string, members: Readonly<Record<string, MemberSpec>>): Readonly<Record<string, MemberSpec>> {
  const names = Object.keys(members);
  if (names.length === 0 || names.length > 10) throw new DomainError(`${fn}: members must name 1 to 10 models, got ${names.length}`);
  return Object.freeze(Object.fromEntries(names.map((name) => {
    if (!/^[A-Za-z0-9][\w-]{0,63}$/.test(name)) throw new DomainError(`${fn}: member names must match [A-Za-z0-9][A-Za-z0-9_-]*, got ${JSON.stringify(name)}`);
    const spec = members[name];
    requireKnownKeys(`${fn}: members.${name}`, spec, ['learner', 'options']);
    if (Object.hasOwn(checks, spec.learner)) checks[spec.learner](`${fn}: members.${name}`, spec.options);
    return [name, Object.freeze({ learner: spec.learner, options: Object.freeze({ ...spec.options }) })];
  })));
}

/** The learner of a member. @throws `ERR_UNKNOWN_NAME` when neither the package nor the host has it */
export function learnerOf(fn: string, spec: MemberSpec, host: HostLearners = {}): Learner {
  const known: Readonly<Record<string, Learner>> = { ...learners, ...host };
  if (!Object.hasOwn(known, spec.learner)) throw unknownName(fn, 'learner', spec.learner, Object.keys(known));
  return known[spec.learner];
}
