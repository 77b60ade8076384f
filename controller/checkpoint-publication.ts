/** Where checkpoints are published besides their file, as configured. */
import { join } from "node:path";
import type { Config } from "./config.ts";
import { type GitPublication, gitPublication } from "./sources/git/publication.ts";

/** Undefined: nowhere. `folder`: of this caller alone; default: the controller's own. */
export function checkpointPublication(
  config: Config,
  inherited: Readonly<Record<string, string | undefined>>,
  folder = join(config.dataDir, "git", "checkpoints"),
): GitPublication | undefined {
  const { checkpointGitUrl: url, checkpointGitToken: token, checkpointGitBranch: branch, install } = config;
  if (url === undefined) return undefined;
  const login = token === undefined ? {} : { token };
  return gitPublication({ url: url.reveal(), ...login, branch, file: `${install}.json`, folder, inherited });
}
