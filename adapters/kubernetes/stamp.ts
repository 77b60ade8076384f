/** What a restart is for: which values of which keys a workload must have begun with. Pure. */
import { createHash } from "node:crypto";
import type { KubernetesSink } from "../../crds/kinds.gen.ts";
import type { Held } from "./held.ts";
import type { Place } from "./sink.ts";

/** An annotation of a pod template. */
export interface Stamp {
  readonly name: string;
  readonly value: string;
}

const PREFIX = "velvet.raxx.app/secret-version-";

/**
 * Named after the Secret and the keys, so that two consumers that restart one workload do not undo each other. The value follows from
 * when each of these keys was last changed, and from no value: other keys of the Secret, or the same write again, bring no rollout.
 */
export function stampOf({ secret }: KubernetesSink, held: Held, keys: readonly string[]): Stamp {
  const sorted = keys.toSorted();
  const name = `${PREFIX}${digest([secret, ...sorted])}`;
  const value = digest(sorted.map((key) => `${key}=${held.keyVersions[key] ?? ""}`));
  return { name, value };
}

/** The Secret's own version; with a restart also what the restart waits for. */
export function versionOf({ block, restart }: Place, held: Held, keys: readonly string[]): string {
  if (restart === undefined) return held.version;
  const { name, value } = stampOf(block, held, keys);
  return `${held.version}/${name.slice(PREFIX.length)}/${value}`;
}

export function stampIn(version: string | undefined): Stamp | undefined {
  const [, name, value] = version?.split("/") ?? [];
  return name === undefined || value === undefined ? undefined : { name: `${PREFIX}${name}`, value };
}

function digest(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}
