/** What a running controller says to requests and decisions that cannot be, and to places that do not work. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import type { RotationView } from "../../controller/ledger/views.ts";
import { note, type Said } from "./velvet.ts";
import { type BadWorld, manifest, openWorld, whyNoMounts } from "./world.ts";

let world: BadWorld;

const path = (kind: "credentials" | "requests" | "decisions", name: string): string =>
  `teams/orders/${kind}/${name}.yaml`;

interface Shape {
  readonly issuer?: object;
  readonly consumer?: object;
  readonly more?: object;
}

const VALUES = { account: "values", random: {} };

/** A Credential that works, but for what is given. */
function credential(name: string, { issuer = VALUES, consumer = {}, more = {} }: Shape = {}): Record<string, string> {
  const field = "random" in issuer ? "value" : "url";
  const text = manifest("Credential", name, {
    credentialName: name.toUpperCase().replaceAll("-", "_"),
    environment: "development",
    issuer,
    custody: { account: "files", file: { path: `custody/${name}.json`, format: "json" } },
    readFrom: "app",
    consumers: [
      {
        id: "app",
        account: "files",
        file: { path: `apps/${name}.env`, format: "dotenv" },
        keys: [{ field, name: "SECRET" }],
        check: { type: "native" },
        ...consumer,
      },
    ],
    gates: { mint: "Automatic", revoke: "Automatic" },
    rotation: { overlap: "0s" },
    ...more,
  });
  return { [path("credentials", name)]: text };
}

function request(name: string, more: object = {}, of = name): Record<string, string> {
  const spec = {
    credentialRef: { name: of },
    flow: "Operational",
    expect: "Absent",
    reason: "bad input",
    requestedBy: "ana",
    ...more,
  };
  return { [path("requests", name)]: manifest("RotationRequest", name, spec) };
}

async function decide(name: string, spec: Omit<RotationDecisionSpec, "reason" | "decidedBy">): Promise<void> {
  const text = manifest("RotationDecision", name, { ...spec, reason: "bad input", decidedBy: "ana" });
  await world.remote.commit({ [path("decisions", name)]: text });
}

async function answer(rotation: string, decision: string): Promise<{ state: string; reason: string; message: string }> {
  const find = (view: RotationView) =>
    view.decisions.find((each) => each.name === decision && each.state !== "pending");
  const found = find(await world.rotation(rotation, (view) => find(view) !== undefined));
  return { state: found?.state ?? "", reason: found?.reason ?? "", message: found?.message ?? "" };
}

const alive = { expect: "Alive" } as const;
const roleOf = (name: string) => ({ issuer: { account: "server", postgres: { role: world.role(name) } } });
const login = (user: string, password: string): string => {
  const { host, pathname } = new URL(world.server);
  return `SECRET=postgres://${user}:${password}@${host}${pathname}\n`;
};

function desired(): Record<string, string> {
  const never = { account: "checks", type: "http", endpoint: "gone" };
  return {
    ...credential("good"),
    ...credential("narrow-account", { issuer: { account: "values-of-others", random: {} } }),
    ...credential("narrow-target", { consumer: { file: { path: "elsewhere/x.env", format: "dotenv" } } }),
    ...credential("no-account", { issuer: { account: "nowhere", random: {} } }),
    ...credential("no-field", { consumer: { keys: [{ field: "url", name: "SECRET" }] } }),
    ...credential("other-environment", { more: { environment: "production" } }),
    ...credential("own-login", {
      issuer: { account: "server-of-the-ledger", postgres: { role: "velvet_app", alternate: "velvet_app_b" } },
    }),
    ...credential("wrong-password", roleOf("wrong")),
    ...credential("no-such-role", roleOf("ghost")),
    ...credential("admin-refused", {
      issuer: { account: "server-wrong-login", postgres: { role: world.role("other") } },
    }),
    ...credential("secret-missing", {
      issuer: { account: "server-no-secret", postgres: { role: world.role("other") } },
    }),
    ...credential("read-only", { consumer: { account: "files-read-only" } }),
    ...credential("disk-full", { consumer: { account: "files-full" } }),
    ...credential("never-back", { consumer: { check: never } }),
    ...credential("orders", { ...roleOf("orders"), more: { gates: { mint: "Automatic", revoke: "Approval" } } }),
  };
}

beforeAll(async () => {
  world = await openWorld(["wrong", "orders", "other"]);
  for (const name of ["orders", "other"])
    await world.put(`apps/${name}.env`, login(world.role("orders"), world.password));
  for (const name of ["admin-refused", "secret-missing"])
    await world.put(`apps/${name}.env`, login(world.role("other"), world.password));
  await world.put("apps/wrong-password.env", login(world.role("wrong"), "hunter2"));
  await world.put("apps/no-such-role.env", login(world.role("ghost"), world.password));
  await world.remote.commit({ ...desired(), ...request("from-long-ago", {}, "good") });
  await world.start();
  await world.remote.commit({
    ...request("narrow-account"),
    ...request("narrow-target"),
    ...request("no-account"),
    ...request("no-field"),
    ...request("other-environment"),
    ...request("no-credential"),
    ...request("own-login"),
    ...request("wrong-password", alive),
    ...request("no-such-role", alive),
    ...request("admin-refused", alive),
    ...request("secret-missing", alive),
    ...(whyNoMounts() === undefined ? { ...request("read-only"), ...request("disk-full") } : {}),
    ...request("never-back"),
    ...request("orders", alive),
    ...request("too-late", { deadline: "2020-01-01T00:00:00Z" }, "good"),
    ...request("no-slots", { flow: "Testing", expect: undefined }, "good"),
  });
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

async function shown(name: string, input: string, outcome: string): Promise<Said> {
  const said = await world.velvet("status", name);
  const end = said.out.split("\n\n").find((part) => part.startsWith("CONDITION")) ?? said.out;
  const telling = end.split("\n").filter((line) => !/ (?:NotReached|Automatic|True +\w+ed)\b/.test(line));
  await note(input, telling.join("\n"), outcome);
  expect(said).toMatchObject({ code: 0, err: "" });
  return said;
}

describe("a request that cannot be", () => {
  const REFUSED = [
    ["narrow-account", "NotAllowed", "The account values-of-others does not allow orders/narrow-account"],
    ["narrow-target", "NotAllowed", "path elsewhere/x.env for consumer app"],
    ["no-field", "FieldUnknown", "have no field url. They have: value."],
    ["own-login", "BootstrapCircularity", "velvet_app on localhost:"],
    ["no-slots", "NothingToRehearse", "No active consumer has a testSlot"],
  ] as const;

  it.each(REFUSED)("%s is refused with %s, and nothing is begun", async (name, reason, says) => {
    const view = await world.request(name, ({ state }) => state === "refused");
    expect(view.reason).toBe(reason);
    expect(view.message).toContain(says);
    const said = await shown(name, `a request: ${name}`, `request refused: ${reason}`);
    expect(said.out).toContain(`${reason}: `);
    expect(said.out).toContain(says);
    expect(await world.rotations(name)).toEqual([]);
  });

  it.each([
    ["no-account", "AccountNotFound", "the VendorAccount nowhere, which is not there yet"],
    ["no-credential", "CredentialNotFound", "There is no Credential no-credential yet."],
    ["other-environment", "CredentialNotFound", "There is no Credential other-environment yet."],
  ] as const)("%s waits with %s until that is there", async (name, reason, says) => {
    const view = await world.request(name, (each) => each.reason === reason);
    expect(view).toMatchObject({ state: "pending" });
    const said = await shown(name, `a request: ${name}`, `request waits: ${reason}`);
    expect(said.out).toContain(says);
  });

  it("past its deadline expires, and was never begun", async () => {
    await world.request("too-late", ({ state }) => state === "expired");
    const said = await shown("too-late", "a request past its deadline", "request expired");
    expect(said.out).toContain("Its deadline 2020-01-01T00:00:00.000Z has passed; it was never begun.");
  });

  it("from before this ledger is recorded and not executed", async () => {
    await world.request("from-long-ago", ({ state }) => state === "baseline");
    const said = await shown("from-long-ago", "an old repository on a new ledger", "request is baseline");
    expect(said.out).toContain("It was there when this ledger first saw its source, and is not executed.");
    expect(await world.rotations("from-long-ago")).toEqual([]);
  });

  it("for another environment is named with both, in its file", async () => {
    const said = await world.velvet("status");
    const line = said.out.split("\n").find((each) => each.includes("other-environment.yaml")) ?? "";
    await note("a Credential of another environment, merged", line, "problem WrongEnvironment");
    expect(line).toMatch(
      /teams\/orders\/credentials\/other-environment\.yaml:\d+:\d+ +WrongEnvironment: .*production.*development/,
    );
  });
});

describe("what cannot be verified", () => {
  it.each([
    ["wrong-password", "CredentialDead", "a wrong current password"],
    ["no-such-role", "CredentialDead", "a role that does not exist"],
    ["admin-refused", "AdminLoginRefused", "a wrong password of the account"],
    ["secret-missing", "AccountSecretMissing", "an account whose secret is not there"],
  ] as const)("%s stops at Verified with %s, with nothing minted", async (name, reason, input) => {
    const view = await world.rotation(name, ({ rotation }) => rotation.facts.failure?.stalled === true);
    const { conditions } = summarize(view);
    const said = await shown(name, input, `Verified ${conditions.find(({ type }) => type === "Verified")?.status}`);
    expect(view.rotation.facts.failure).toMatchObject({ reason });
    expect(view.attempts).toEqual([]);
    expect(said.out).toMatch(new RegExp(`^Verified +False +${reason}`, "m"));
    expect(said.out).not.toContain("hunter2");
  });
});

describe("a place that does not work", () => {
  it.each([
    ["read-only", "TargetReadOnly", "a target file in a read-only folder"],
    ["disk-full", "DiskFull", "a target file on a full disk"],
  ] as const)("%s is told by its consumer with %s, and ends when a person aborts", async (name, reason, input) => {
    const why = whyNoMounts();
    if (why !== undefined) {
      process.stderr.write(`skipped: ${input}: ${why}\n`);
      return;
    }
    const view = await world.rotation(name, ({ consumers }) =>
      consumers.some(({ facts }) => facts.failure !== undefined),
    );
    expect(view.consumers.find(({ id }) => id === "app")?.facts.failure).toMatchObject({ reason });
    const said = await shown(name, input, summarize(view).stage);
    expect(said.out).toMatch(new RegExp(`^app +failed +${reason}`, "m"));
    await decide(`${name}-abort`, { requestRef: { name }, action: "Abort" });
    const ended = await world.rotation(name, ({ rotation }) => rotation.endedAt !== undefined);
    expect(ended.rotation.state).toBe("aborted");
  });

  it("an app that never comes back fails its check, and the old value is still there", async () => {
    const view = await world.rotation("never-back", ({ consumers }) =>
      consumers.some(({ facts }) => facts.failedAt === "check"),
    );
    const said = await shown("never-back", "an app that never comes back", summarize(view).stage);
    expect(said.out).toMatch(/^app +failed +\w+/m);
    expect(said.out).toMatch(/^Revoked +Unknown +NotReached/m);
    await decide("never-back-abort", { requestRef: { name: "never-back" }, action: "Abort" });
    const ended = await world.rotation("never-back", ({ rotation }) => rotation.endedAt !== undefined);
    expect(ended.rotation.state).toBe("aborted");
  });
});

describe("a decision that cannot be", () => {
  const approve = { requestRef: { name: "orders" }, action: "Approve", gate: "Revoke" } as const;
  const careful = ["--decided-by", "ana", "--reason", "it works"];
  let digest: string;

  beforeAll(async () => {
    const view = await world.rotation("orders", (each) => summarize(each).gate?.name === "Revoke");
    digest = summarize(view).gate?.digest ?? "";
  });

  it.each([
    ["a confirm that does not match", ["--confirm", "ODRERS", "--ticket", "T-1"], /ODRERS.*ORDERS/],
    ["a ticket left out", ["--confirm", "ORDERS"], /ticket/i],
    [
      "a stale digest",
      ["--confirm", "ORDERS", "--ticket", "T-1", "--digest", "sha256:00000000000000000000000000000000"],
      /digest/,
    ],
  ])("%s is refused by the command, and nothing is written", async (input, args, says) => {
    const said = await world.velvet("approve", "orders", "--gate", "Revoke", ...careful, ...args);
    await note(`velvet approve: ${input}`, said.err, `exit ${said.code}`);
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.err).toMatch(says);
  });

  it.each([
    [
      "wrong-confirm",
      "a confirm that does not match",
      { confirm: "ODRERS", ticket: "T-1" },
      "ConfirmMismatch",
      "ORDERS",
    ],
    [
      "stale-digest",
      "a stale digest",
      { confirm: "ORDERS", ticket: "T-1", digest: "sha256:00000000000000000000000000000000" },
      "StaleDigest",
      "something changed after",
    ],
  ] as const)("%s is refused by the controller, and nothing is revoked", async (name, input, more, reason, says) => {
    await decide(name, { ...approve, digest, ...more });
    const given = await answer("orders", name);
    await note(`a merged decision: ${input}`, given.message, `decision ${given.state}: ${given.reason}`);
    expect(given).toMatchObject({ state: "refused", reason });
    expect(given.message).toContain(says);
    expect((await world.rotations("orders"))[0]?.rotation.state).toBe("validated");
  });

  it("a ticket left out of a merged decision is told in its file", async () => {
    await decide("no-ticket", { ...approve, digest, confirm: "ORDERS" });
    const { problems } = await world.source("tenants", (view) =>
      view.problems.some(({ path: at }) => at.includes("no-ticket")),
    );
    const problem = problems.find(({ path: at }) => at.includes("no-ticket"));
    await note("a merged decision: a ticket left out", problem?.message ?? "", `problem ${problem?.code ?? ""}`);
    expect(problem).toMatchObject({ code: "ConfirmationMissing" });
  });

  it("a second request is refused as long as the first one lives, by its name", async () => {
    await world.remote.commit(request("orders-again", alive, "orders"));
    const view = await world.request("orders-again", ({ state }) => state === "refused");
    const said = await shown("orders-again", "a second request while one is live", `request refused: ${view.reason}`);
    expect(said.out).toContain(
      "RotationInProgress: orders is rotating this credential already. Wait for it, or abort it.",
    );
  });

  it("the same name with another spec changes nothing, and is told in its file", async () => {
    await world.remote.commit(request("orders", { ...alive, reason: "another one" }));
    const { problems } = await world.source("tenants", (view) =>
      view.problems.some(({ code }) => code === "RequestImmutable"),
    );
    const problem = problems.find(({ code }) => code === "RequestImmutable");
    await note("the same name with another spec", problem?.message ?? "", "problem RequestImmutable");
    expect(problem?.message).toBe(
      "RotationRequest orders/orders was recorded with another spec and cannot change. Use a new name.",
    );
    expect(await world.rotations("orders")).toHaveLength(1);
    await world.remote.commit(request("orders", alive));
  });

  it("a decision on a rotation that has ended is refused, by the command and by the controller", async () => {
    await decide("right", { ...approve, digest, confirm: "ORDERS", ticket: "T-1" });
    const done = await world.rotation("orders", ({ rotation }) => rotation.endedAt !== undefined);
    expect(done.rotation.state).toBe("done");
    await decide("too-late-abort", { requestRef: { name: "orders" }, action: "Abort" });
    const given = await answer("orders", "too-late-abort");
    await note("a merged decision on a finished rotation", given.message, `decision ${given.state}: ${given.reason}`);
    expect(given).toMatchObject({ state: "refused", reason: "RotationEnded" });
    const said = await world.velvet("approve", "orders", ...careful, "--confirm", "ORDERS", "--ticket", "T-1");
    await note("velvet approve: a finished rotation", said.err, `exit ${said.code}`);
    expect(said).toMatchObject({ code: 2, out: "" });
  });

  it("the same request again, after its deletion, does nothing", async () => {
    const before = await world.rotations("orders");
    const secret = await readFile(join(world.remote.folder, "rw", "apps", "orders.env"), "utf8");
    await world.remote.commit({ [path("requests", "orders")]: null });
    const cursor = await world.remote.commit({ ...request("orders", alive), ...request("after-it", {}, "nothing") });
    await world.source("tenants", (view) => view.cursor === cursor);
    await world.request("after-it", ({ reason }) => reason === "CredentialNotFound"); // admission has looked since
    expect((await world.rotations("orders")).map(({ rotation }) => rotation.id)).toEqual(
      before.map(({ rotation }) => rotation.id),
    );
    expect(await readFile(join(world.remote.folder, "rw", "apps", "orders.env"), "utf8")).toBe(secret);
    await note(
      "the same request again after deletion",
      "(nothing: status shows the rotation that it was)",
      "no new rotation",
    );
  });

  it("leaves audit chains that verify, whatever was refused", async () => {
    const said = await world.velvet("audit", "verify");
    expect(said).toMatchObject({ code: 0 });
    expect(said.out).toMatch(/all whole/);
  });
});
