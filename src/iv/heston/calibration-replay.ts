/** A solver in pieces without losing its thread: it runs again from its start, further, and what it asked before is answered from memory. */
import type { LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';

/** A system that remembers its answers in the order of the questions. */
export interface RecordedSystem extends LeastSquaresSystem {
  /** The next question is the first again; one that differs from the record ends it. */
  readonly rewind: () => void;
  /** Forgets all answers. */
  readonly clear: () => void;
  /** Numbers remembered. */
  readonly size: () => number;
}

interface Answer {
  readonly point: Float64Array;
  readonly isAllowed: boolean;
  readonly residuals: Float64Array;
  readonly jacobian: Float64Array | null;
}

/** Records a system. Solvers that ask the same after the same answers, as all without chance do, find all they asked before. */
export function recordedSystem(system: LeastSquaresSystem): RecordedSystem {
  const { residualCount, parameterCount } = system;
  const answers: Answer[] = [];
  let at = 0;
  let size = 0;
  const cut = (length: number): void => {
    for (const { residuals, jacobian } of answers.splice(length)) size -= residuals.length + (jacobian?.length ?? 0);
  };
  return {
    residualCount,
    parameterCount,
    evaluate(point, residuals, jacobian) {
      const known = answers[at];
      if (known !== undefined && (known.jacobian === null) === (jacobian === null) && isSame(known.point, point)) {
        at++;
        residuals.set(known.residuals);
        if (known.jacobian !== null) jacobian?.set(known.jacobian);
        return known.isAllowed;
      }
      cut(at);
      const isAllowed = system.evaluate(point, residuals, jacobian);
      answers.push({ point: point.slice(), isAllowed, residuals: residuals.slice(), jacobian: jacobian === null ? null : jacobian.slice() });
      at++;
      size += residuals.length + (jacobian?.length ?? 0);
      return isAllowed;
    },
    rewind() {
      at = 0;
    },
    clear() {
      at = 0;
      cut(0);
    },
    size: () => size,
  };
}

/** Equal numbers. */
export function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) return false;
  return true;
}
