export { openThreadTeam } from './thread-team.ts';
export type { OpenThreadTeam, ThreadTeamOptions } from './thread-team.ts';
