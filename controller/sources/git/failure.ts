import { SourceFailure } from "../failure.ts";
import { GitExit, GitTimeout } from "./command.ts";
import type { GitRemote } from "./remote.ts";

const AUTH =
  /authentication failed|could not read (username|password)|permission denied|access denied|invalid username or|terminal prompts disabled|error: 40[13]\b|http basic: access|host key verification failed|publickey/i;
const NO_REPOSITORY =
  /does not appear to be a git repository|repository not found|not found: did you run|repository '.*' not found|repository not exported|access denied or repository not exported|error: 404\b|not a git repository/i;
const OWNERSHIP = /dubious ownership/i;
const NO_GIT = /ENOENT/;

/** Names what went wrong at the remote. The remote's own words are read, never passed on. */
export function remoteFailure(error: unknown, remote: GitRemote): SourceFailure {
  const at = remote.url;
  if (error instanceof GitTimeout) return unreachable(at, "did not answer in time");
  if (!(error instanceof GitExit)) return unreachable(at, "could not be asked");
  const { detail } = error;
  if (error.exitCode < 0 && NO_GIT.test(detail))
    return new SourceFailure(
      "GitMissing",
      "The program git was not found.",
      "Install git 2.36 or newer on the controller's path.",
    );
  if (OWNERSHIP.test(detail))
    return new SourceFailure(
      "GitAuthFailed",
      `The repository ${at} belongs to another user, and git refuses to read it.`,
      "Let the controller's user own the repository, or serve it by git daemon, https or ssh.",
    );
  // A git daemon says "access denied or repository not exported" for a missing one: asked first.
  if (NO_REPOSITORY.test(detail))
    return new SourceFailure(
      "NotARepository",
      `There is no repository at ${at}, or the login may not see it.`,
      "Check VELVET_GIT_URL; a private repository is hidden from a login without read access.",
    );
  if (AUTH.test(detail))
    return new SourceFailure(
      "GitAuthFailed",
      `The login for ${at} was refused, or none is configured.`,
      "Check the token or key that Velvet was given: it needs read access to this repository.",
    );
  return unreachable(at, "could not be reached");
}

function unreachable(at: string, what: string): SourceFailure {
  return new SourceFailure(
    "GitUnreachable",
    `The repository ${at} ${what}.`,
    "Velvet tries again by itself; what it already knows stays in force.",
  );
}

export function branchNotFound(branch: string, at: string): SourceFailure {
  return new SourceFailure(
    "BranchNotFound",
    `The repository ${at} has no branch ${branch}.`,
    "Push the branch, or correct VELVET_GIT_BRANCH; what Velvet already knows stays in force.",
  );
}

export function historyRewritten(source: string, cursor: string, head: string): SourceFailure {
  return new SourceFailure(
    "HistoryRewritten",
    `The branch's head ${head} does not descend from ${cursor}, the last commit that was read. Nothing of it is applied.`,
    `Push a head that descends from ${cursor}, or read the difference and accept the new history: velvet source accept ${source} ${head}`,
  );
}

export function cacheBroken(): SourceFailure {
  return new SourceFailure(
    "GitCacheBroken",
    "The local copy of the repository could not be read or rebuilt.",
    "Check free space and permissions of Velvet's data directory.",
  );
}
