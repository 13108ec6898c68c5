/** Probe. */
export function add(a: usize, n: u32): i64 {
  let s: i64 = 0;
  for (let i: u32 = 0; i < n; i++) s += atomic.load<i32>(a + (<usize>i << 2));
  return s;
}
