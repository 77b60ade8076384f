/** Peak memory of a controller whose repository holds 10,000 credentials. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleGit } from "simple-git";
import { stringify } from "yaml";
import { openLedger } from "../controller/open.ts";
import { readConfig } from "../controller/config.ts";

export interface Memory {
  readonly credentials: number;
  readonly syncedAfterMs: number;
  readonly peakMiB: number;
  readonly restingMiB: number;
}

const IN_A_FOLDER = 500;
const LINGER_MS = 10_000;
const LONGEST_MS = 120_000;

export async function memory(credentials: number): Promise<Memory> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-bench-"));
  try {
    const environment = { ...process.env, ...(await makeWorld(folder, credentials)) };
    return await measure(environment, credentials);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeWorld(folder: string, credentials: number): Promise<Record<string, string>> {
  const [work, platform] = [join(folder, "work"), join(folder, "platform")];
  await mkdir(platform, { recursive: true });
  await writeFile(join(platform, "files.yaml"), yaml("VendorAccount", "files", account(folder)));
  for (let index = 0; index < credentials; index += 1) {
    const team = join(work, "teams", `team-${Math.floor(index / IN_A_FOLDER)}`);
    if (index % IN_A_FOLDER === 0) await mkdir(team, { recursive: true });
    const name = `credential-${index}`;
    await writeFile(join(team, `${name}.yaml`), yaml("Credential", name, credential(name)));
  }
  const git = simpleGit({ baseDir: work, config: ["user.name=bench", "user.email=bench@example.com"] });
  await git.init(["--initial-branch=main"]).add(".").commit("all credentials");
  return {
    VELVET_DATA_DIR: join(folder, "ledger"),
    VELVET_CACHE_DIR: join(tmpdir(), "velvet-bench-cache"),
    VELVET_GIT_URL: work,
    VELVET_GIT_NAMESPACES: "teams/*=*",
    VELVET_GIT_INTERVAL: "1s",
    VELVET_PLATFORM_DIR: platform,
  };
}

async function measure(environment: NodeJS.ProcessEnv, credentials: number): Promise<Memory> {
  const started = performance.now();
  const child = fork(new URL("./memory.child.ts", import.meta.url), {
    env: environment,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const config = readConfig(environment, { root: process.getuid?.() === 0, home: "/" });
  const ledger = await openLedger(config, { log: () => undefined });
  try {
    for (;;) {
      const { rows } = await ledger.pool.query<{ count: string }>(
        "select count(*) from velvet.object where kind = 'Credential'",
      );
      if (Number(rows[0]?.count) >= credentials) break;
      if (performance.now() - started > LONGEST_MS)
        throw new Error(`only ${rows[0]?.count} credentials after two minutes`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const syncedAfterMs = performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    child.send("memory");
    const [told] = (await once(child, "message")) as [{ maxRssKiB: number; rssKiB: number }];
    return { credentials, syncedAfterMs, peakMiB: told.maxRssKiB / 1_024, restingMiB: told.rssKiB / 1_024 };
  } finally {
    child.disconnect();
    await once(child, "exit");
    await ledger.stop();
  }
}

function yaml(kind: string, name: string, spec: object): string {
  const manifest = { apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { name }, spec };
  return stringify(manifest, { aliasDuplicateObjects: false });
}

function account(folder: string): object {
  return { adapter: "file", file: { root: folder }, allow: [{ namespaces: ["*"] }] };
}

function credential(name: string): object {
  const keys = [{ field: "value", name: "TOKEN" }];
  return {
    credentialName: name.toUpperCase().replaceAll("-", "_"),
    environment: "development",
    issuer: { account: "files", random: {} },
    custody: { account: "files", file: { path: `custody/${name}.json`, format: "json" } },
    consumers: Array.from({ length: 3 }, (_, each) => ({
      id: `app-${each}`,
      account: "files",
      file: { path: `${name}/app-${each}.env`, format: "dotenv" },
      keys,
      check: { type: "native" },
    })),
  };
}
