/** The chart, installed on a real API server by Helm. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { ApiAccess, Ended } from "./environment/access.ts";

export const CHART = fileURLToPath(new URL("../../charts/velvet", import.meta.url));
export const MINIMAL = join(CHART, "ci", "minimal-values.yaml");
export const FULL = join(CHART, "ci", "full-values.yaml");

/** As much of a manifest as the tests look at. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec?: unknown;
  readonly rules?: readonly {
    readonly resources: string[];
    readonly verbs: string[];
    readonly resourceNames?: string[];
  }[];
}

/** Throws with Helm's words. */
export async function render(server: ApiAccess, ...args: readonly string[]): Promise<Manifest[]> {
  const text = must(await server.helm(["template", "velvet", CHART, "--namespace=velvet", ...args]));
  return parseAllDocuments(text).flatMap((document) =>
    document.contents === null ? [] : [document.toJS() as Manifest],
  );
}

/** As `helm install`, in the namespace velvet, until the kinds are served. */
export async function install(server: ApiAccess, ...args: readonly string[]): Promise<void> {
  const order = ["install", "velvet", CHART, "--namespace=velvet", "--create-namespace", `--values=${MINIMAL}`];
  must(await server.helm([...order, ...args]));
  const crds = ["vendoraccounts", "credentials", "rotationrequests", "rotationdecisions"];
  const names = crds.map((name) => `crd/${name}.velvet.raxx.app`);
  must(await server.kubectl(["wait", "--for=condition=Established", "--timeout=30s", ...names]));
}

/** Asks again until it is so: policies come into force some time after they were written, and nothing tells when. */
export async function eventually(what: string, holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) if (performance.now() > deadline) throw new Error(`it did not come to be so: ${what}`);
}

export function must({ code, stdout, stderr }: Ended): string {
  if (code !== 0) throw new Error(stderr.trim() === "" ? stdout : stderr);
  return stdout;
}
