/** The how-to of decisions, on rotations that are where it says. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { summarize } from "../../controller/domain/summarize.ts";
import { type BadWorld, manifest, openWorld } from "../bad-input/world.ts";
import { type Block, blocksOf } from "./markdown.ts";
import { faultsOf, runBlocks } from "./shell.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LINES = { custody: "custody", broken: "apps/broken.env" };

let world: BadWorld;

beforeAll(async () => {
  world = await openWorld(["orders"]);
  const { host, pathname } = new URL(world.server);
  await world.put(
    "apps/orders.env",
    `SECRET=postgres://${world.role("orders")}:${world.password}@${host}${pathname}\n`,
  );
  await world.put("apps/overlapping.env", "SECRET=somebody-chose-it\n");
  await mkdir(join(world.remote.folder, "rw", LINES.broken), { recursive: true }); // a folder where a file should be
  await world.remote.commit(credentials());
  await world.start();
  await world.remote.commit(Object.assign({}, ...[1, 2, 3, 4, 5, 6, 7].map(request)) as Record<string, string>);
});

afterAll(async () => world?.[Symbol.asyncDispose]());

const CREDENTIAL = ["", "orders-db", "gated", "broken-3", "broken-4", "by-hand", "broken-6", "overlapping"] as const;

const ADOPTED = new Set([1, 7]);

function request(number: number): Record<string, string> {
  const spec = {
    credentialRef: { name: CREDENTIAL[number] },
    flow: "Operational",
    expect: ADOPTED.has(number) ? "Alive" : "Absent",
    reason: "the how-to",
    requestedBy: "ana",
  };
  return { [`teams/orders/requests/rotate-${number}.yaml`]: manifest("RotationRequest", `rotate-${number}`, spec) };
}

function credentials(): Record<string, string> {
  const automatic = { gates: { mint: "Automatic", revoke: "Automatic" }, rotation: { overlap: "0s" } };
  const broken = { consumer: { file: { path: LINES.broken, format: "dotenv" } }, more: automatic };
  return {
    ...credential("orders-db", {
      issuer: { account: "server", postgres: { role: world.role("orders") } },
      field: "url",
      adopts: true,
      consumer: { file: { path: "apps/orders.env", format: "dotenv" } },
      more: { ...automatic, gates: { mint: "Automatic", revoke: "Approval" } },
    }),
    ...credential("gated", { more: { ...automatic, gates: { mint: "Approval", revoke: "Automatic" } } }),
    ...credential("broken-3", broken),
    ...credential("broken-4", broken),
    ...credential("broken-6", broken),
    ...credential("by-hand", { consumer: { check: { type: "manual" } }, more: automatic }),
    ...credential("overlapping", { adopts: true, more: { ...automatic, rotation: { overlap: "1h" } } }),
  };
}

interface Shape {
  readonly issuer?: object;
  readonly field?: string;
  /** The value in use is read from the consumer. */
  readonly adopts?: boolean;
  readonly consumer?: object;
  readonly more: object;
}

function credential(
  name: string,
  { issuer, field = "value", adopts = false, consumer = {}, more }: Shape,
): Record<string, string> {
  const text = manifest("Credential", name, {
    credentialName: name.toUpperCase().replaceAll("-", "_"),
    environment: "development",
    issuer: issuer ?? { account: "values", random: {} },
    custody: { account: "files", file: { path: `${LINES.custody}/${name}.json`, format: "json" } },
    ...(adopts ? { readFrom: "orders-app" } : {}),
    consumers: [
      {
        id: "orders-app",
        account: "files",
        file: { path: `apps/${name}.env`, format: "dotenv" },
        keys: [{ field, name: "SECRET" }],
        check: { type: "native" },
        ...consumer,
      },
    ],
    ...more,
  });
  return { [`teams/orders/credentials/${name}.yaml`]: text };
}

/** Waits until the ledger is where a block takes it for granted. */
async function given({ given: state }: Block): Promise<void> {
  if (state === undefined) return;
  const [name = "", ...words] = state.split(" ");
  const what = words.join(" ");
  if (what === "is restored") return;
  await world.rotation(name, (view) => {
    const { state: stage, facts } = view.rotation;
    if (what.includes("gate")) return what.includes(summarize(view).gate?.name.toLowerCase() ?? "none");
    if (what === "cannot write a consumer") return view.consumers.some((row) => row.facts.failedAt === "write");
    if (what === "waits for a person to look") return view.consumers.some((row) => row.state === "settled");
    if (what === "waits out its overlap") return stage === "validated" && facts.lastReceiptAt !== undefined;
    if (what === "is done") return stage === "done";
    throw new Error(`nobody knows how it is when ${state}`);
  });
}

it("every decision of the how-to is accepted, as it stands there", { timeout: 120_000 }, async () => {
  const text = await readFile(join(ROOT, "docs/how-to/decide.md"), "utf8");
  const blocks = blocksOf(text).map((block) => ({
    ...block,
    script: block.script.replaceAll("orders@0", `${world.role("orders")}@0`),
  }));
  await writeFile(join(world.remote.folder, ".gitconfig"), "[user]\n  name = Ana\n"); // who decides
  await symlink(join(ROOT, "velvet"), join(world.remote.folder, "velvet"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: world.remote.folder, ...world.env };
  const ran = await runBlocks(blocks, { cwd: world.remote.folder, env, timeoutMs: 100_000, before: given });
  expect(faultsOf(ran)).toEqual([]);
  expect(ran).toHaveLength(blocks.filter(({ notRun }) => notRun === undefined).length);
});
