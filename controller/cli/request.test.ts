import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readManifests } from "../sources/manifest/read.ts";
import { approveCommand } from "./approve.ts";
import type { CommandContext } from "./command.ts";
import { noLedger } from "./ledger.ts";
import { openOutput, type Stream } from "./output.ts";
import { requestCommand, type RequestOptions } from "./request.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "velvet-request-"));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

function tape(): Stream & { text: () => string } {
  let text = "";
  return { write: (more) => (text += more), text: () => text };
}

let stdout: ReturnType<typeof tape>;
let stderr: ReturnType<typeof tape>;
let context: CommandContext;

beforeEach(() => {
  [stdout, stderr] = [tape(), tape()];
  context = {
    env: {},
    machine: { root: false, home: "/nowhere" },
    out: openOutput({ stdout, stderr, noColour: undefined }),
    clock: { now: () => new Date("2026-03-01T10:20:30.456Z"), monotonicMs: () => 0 },
    random: (bytes) => Buffer.alloc(bytes),
    stop: new AbortController().signal,
  };
});

const ASKED: RequestOptions = { reason: "quarterly: yes", requestedBy: "ada", flow: "Operational", deadline: "7d" };

it("writes a request with name, deadline and quoted times, which the validator takes", async () => {
  await requestCommand(context, "orders-db", { ...ASKED, ticket: "OPS-1", notBefore: "2h", namespace: "orders" });
  expect(stdout.text()).toBe(`apiVersion: velvet.raxx.app/v1alpha1
kind: RotationRequest
metadata:
  name: orders-db-20260301-102030
  namespace: orders
spec:
  credentialRef:
    name: orders-db
  flow: Operational
  reason: "quarterly: yes"
  ticket: OPS-1
  requestedBy: ada
  notBefore: "2026-03-01T12:20:30Z"
  deadline: "2026-03-08T10:20:30Z"
`);
  const { documents, problems } = readManifests({ path: "request.yaml", text: stdout.text() }, { tree: "tenant" });
  expect(problems).toEqual([]);
  expect(documents).toMatchObject([{ kind: "RotationRequest", name: "orders-db-20260301-102030" }]);
});

it("takes times as RFC 3339 too, and refuses what is neither", async () => {
  await requestCommand(context, "orders-db", { ...ASKED, deadline: "2026-03-02T00:00:00+02:00" });
  expect(stdout.text()).toContain('deadline: "2026-03-01T22:00:00Z"');
  await expect(requestCommand(context, "orders-db", { ...ASKED, deadline: "soon" })).rejects.toMatchObject({
    exitCode: 2,
  });
});

it("refuses to write what the validator would refuse, with the reason", async () => {
  const wrong = requestCommand(context, "Orders DB", ASKED);
  await expect(wrong).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining("credentialRef") });
  const contradictory = requestCommand(context, "orders-db", { ...ASKED, target: "All" });
  await expect(contradictory).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("target belongs to the flow Revocation"),
  });
  expect(stdout.text()).toBe("");
});

it("writes a file, and never over another", async () => {
  await requestCommand(context, "orders-db", { ...ASKED, write: join(folder, "requests") });
  const [file = ""] = await readdir(join(folder, "requests"));
  const before = await readFile(join(folder, "requests", file), "utf8");
  expect(file).toBe("orders-db-20260301-102030.yaml");
  expect(stdout.text()).toBe("");
  expect(stderr.text()).toContain("Merge it to the watched branch");

  const again = requestCommand(context, "orders-db", { ...ASKED, reason: "other", write: join(folder, "requests") });
  await expect(again).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining("exists already") });
  expect(await readFile(join(folder, "requests", file), "utf8")).toBe(before);
});

it("writes an approval for a given gate and digest where there is no ledger, which the validator takes", async () => {
  const digest = `sha256:${"0f".repeat(16)}`;
  const options = {
    gate: "Revoke",
    digest,
    confirm: "ORDERS_DB",
    ticket: "OPS-1",
    decidedBy: "ada",
    reason: "it works",
  } as const;
  await approveCommand(context, "orders-db-1", options, async () => Promise.reject(noLedger("/nowhere")));
  const { documents, problems } = readManifests({ path: "decision.yaml", text: stdout.text() }, { tree: "tenant" });
  expect(problems).toEqual([]);
  expect(documents).toMatchObject([
    {
      kind: "RotationDecision",
      name: "orders-db-1-approve-revoke-0f0f0f0f",
      spec: { action: "Approve", gate: "Revoke", digest, confirm: "ORDERS_DB", requestRef: { name: "orders-db-1" } },
    },
  ]);
});
