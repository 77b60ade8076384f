import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ApiClient } from "./client.ts";
import { openCluster } from "./cluster.ts";
import type { Clock } from "./clock.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import type { Resource } from "./resource.ts";

export const THINGS: Resource = {
  group: "example.test",
  version: "v1",
  plural: "things",
  kind: "Thing",
  namespaced: true,
};
export const THINGS_AT = "apis/example.test/v1/things";

/** A folder that is gone after the test. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "cluster-"));

  write(name: string, content: unknown): string {
    const path = join(this.path, name);
    writeFileSync(path, typeof content === "string" ? content : stringify(content));
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A kubeconfig with one context `here`. */
export function kubeconfigFor(server: string, user: object = { token: "t" }, cluster: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    clusters: [{ name: "c", cluster: { server, ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "here", context: { cluster: "c", user: "u", namespace: "team" } }],
  };
}

export async function clientOf(
  server: string,
  user: object = { token: "t" },
  clock: Clock = SYSTEM_CLOCK,
): Promise<ApiClient> {
  using folder = new Folder();
  const kubeconfig = folder.write("config", kubeconfigFor(server, user));
  return await openCluster({ kubeconfig, env: {}, clock, random: () => 0 });
}
