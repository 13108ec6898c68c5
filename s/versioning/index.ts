export { openRegistry } from './registry.ts';
export type { LoadedVersion, Published, Registry, RegistryOptions } from './registry.ts';
export type { PublishOptions, RegistryReadOptions, VersionFilter } from './encoded-registry.ts';
export type { ModelKey, VersionKey } from './ids.ts';
export type { VersionSelector } from './selector.ts';
export type { VersionRecord } from './state.ts';
