/* oxlint-disable vitest/no-conditional-tests, vitest/valid-title, vitest/valid-describe-callback, vitest/no-disabled-tests, vitest/expect-expect --
   what makes a suite is no suite: names and bodies are parameters, and whether to skip is what it decides */
/** For test files: the API server of the run, and what becomes of a test where there is none. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, inject, it } from "vitest";
import { type ApiAccess, accessTo } from "./access.ts";
import type { Shared } from "./shared.setup.ts";

/**
 * A `describe` for tests that need the programs of an API server, their own or the shared one. Without them it is skipped, and the
 * run says once why; with `CI=true` it fails.
 */
export function describeKubernetes(name: string, body: () => void): void {
  const shared: Shared = inject("kubernetes");
  if (!("lacking" in shared)) return void describe(name, body);
  if (process.env["CI"] !== "true") return void describe.skip(name, body);
  describe(name, () => {
    it("has a real API server", () => {
      throw new Error(shared.lacking);
    });
  });
}

/**
 * The run's API server, which all files use at once: stay in a namespace of your own, delete what is cluster-wide and yours, and start
 * your own server to kill it, or to install policies or a chart. Only inside of tests and hooks of `describeKubernetes`.
 */
export function sharedApiServer(): ApiAccess {
  const shared: Shared = inject("kubernetes");
  if (!("place" in shared)) throw new Error("there is no shared API server: use describeKubernetes");
  return accessTo(shared.place);
}

const CRDS = join(import.meta.dirname, "../../../crds");

/** Installs `crds/*.yaml` and waits until they are served. Several files may do so at once. */
export async function installCrds(server: ApiAccess): Promise<void> {
  const files = readdirSync(CRDS).filter((file) => file.endsWith(".yaml"));
  const named = files.flatMap((file) => ["--filename", join(CRDS, file)]);
  for (const args of [
    ["apply", "--server-side", "--validate=strict", ...named],
    ["wait", "--for=condition=Established", "--timeout=60s", ...named],
  ])
    await server.must(args);
}
