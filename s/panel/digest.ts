/** What data was this? One number for a panel. */
import { digestOf, sha256 } from '../core/digest.ts';
import type { Panel } from './types.ts';

/**
 * Lower-case hex SHA-256 of a panel's content: entities, sessions, row keys, names, widths and bits of the columns.
 *
 * Equal data gives the same digest whatever the order of the input rows and of the columns. 0 and -0 differ; every NaN is the same.
 */
export async function panelDigest(panel: Panel): Promise<string> {
  const hash = (values: ArrayBufferView): Promise<string> => sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const columns: [string, { readonly bits: number; readonly sha256: string }][] = [];
  for (const [name, values] of Object.entries(panel.columns)) columns.push([name, { bits: values.BYTES_PER_ELEMENT * 8, sha256: await hash(values) }]);
  return digestOf({
    kind: panel.kind,
    entities: panel.entities,
    sessions: await hash(panel.sessions),
    session: await hash(panel.session),
    entity: await hash(panel.entity),
    columns: Object.fromEntries(columns),
  });
}
