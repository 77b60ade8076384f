/** Real kubectl with Velvet's plugin on its PATH, as a person has it. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProcessFrame, runVelvet } from "../../controller/cli/program.ts";
import type { ApiServer } from "./environment/server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** As `bin` of package.json names them. */
const PROGRAMS = {
  "kubectl-velvet": "controller/cli/kubectl-velvet.ts",
  "kubectl_complete-velvet": "controller/cli/kubectl-complete.ts",
} as const;

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Plugin extends AsyncDisposable {
  /** A folder of its own, the home of whoever runs it. */
  readonly folder: string;
  readonly environment: (kubeconfig: string) => Record<string, string>;
  /** What `kubectl velvet …` runs, in this process: much sooner than one of its own. */
  velvet(kubeconfig: string, ...args: readonly string[]): Promise<Said>;
  /** `kubectl …`; `stdin` is closed at once. */
  kubectl(kubeconfig: string, ...args: readonly string[]): Promise<Said>;
}

export async function installPlugin(server: ApiServer): Promise<Plugin> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-plugin-"));
  for (const [name, path] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, name), `#!/bin/sh\nexec "${process.execPath}" "${ROOT}${path}" "$@"\n`);
    await chmod(join(folder, name), 0o755);
  }
  const programs = dirname(server.place.binaries.kubectl);
  const environment = (kubeconfig: string): Record<string, string> => ({
    PATH: [folder, programs, process.env["PATH"] ?? ""].join(delimiter),
    HOME: folder,
    KUBECONFIG: kubeconfig,
  });
  const kubectl: Plugin["kubectl"] = async (kubeconfig, ...args) =>
    new Promise((resolve) => {
      execFile("kubectl", args, { env: environment(kubeconfig), cwd: folder }, (error, out, err) => {
        resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, out, err });
      });
    });
  return {
    folder,
    environment,
    kubectl,
    velvet: async (kubeconfig, ...args) => inProcess(environment(kubeconfig), args),
    [Symbol.asyncDispose]: async () => rm(folder, { recursive: true, force: true }),
  };
}

async function inProcess(env: Record<string, string>, args: readonly string[]): Promise<Said> {
  const said = { out: "", err: "" };
  const stream = (into: "out" | "err") => ({
    write: (text: string) => ((said[into] += text), true),
    on: () => undefined,
    isTTY: false,
  });
  const nothing = () => frame;
  const frame = { env, stdout: stream("out"), stderr: stream("err"), once: nothing, off: nothing };
  // Of a process's frame only what `runVelvet` touches.
  const code = await runVelvet(args, frame as unknown as ProcessFrame, { plugin: true });
  return { code, ...said };
}
