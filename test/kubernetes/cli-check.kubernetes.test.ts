/** The commands that check and plan on a real cluster with the chart's roles and policies. The test stands in for the controller. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { ownVersion } from "../../controller/cli/version.ts";
import { eventually, install } from "./chart.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";
import { installPlugin, type Plugin } from "./plugin.ts";

const AT = "2026-11-21T09:30:00Z";
const DIGEST = "sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55";
const API = "velvet.raxx.app/v1alpha1";

let server: ApiServer;
let plugin: Plugin;
let controller: string;
let ana: string;
let grace: string;
let nobody: string;

describeKubernetes("on a cluster with the chart", () => {
  beforeAll(async () => {
    server = await startApiServer();
    [plugin] = await Promise.all([installPlugin(server), install(server)]);
    [controller, ana, grace, nobody] = await Promise.all([
      server.serviceAccountKubeconfig("velvet", "velvet"),
      server.userKubeconfig("ana"),
      server.userKubeconfig("grace"),
      server.userKubeconfig("nobody"),
    ]);
    // kubectl reads what it patches, which the controller has no need of.
    const status = ["credentials", "rotationrequests"].map((kind) => `${kind}.velvet.raxx.app/status`).join(",");
    await server.must(["create", "clusterrole", "patches", "--verb=get", `--resource=${status}`]);
    await server.must(["create", "clusterrolebinding", "patches", "--clusterrole=patches", "--serviceaccount=velvet:velvet"]); // prettier-ignore
    await eventually("the policies are heeded", async () => {
      const stdin = manifest("RotationRequest", "x", { namespace: "default" }, requestSpec("somebody"));
      const { stderr } = await server.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin });
      return stderr.includes("velvet-requests");
    });
  }, 120_000);

  afterAll(async () => {
    await plugin?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  /** A namespace with a Credential, where ana may ask and grace may approve. */
  async function team(): Promise<string> {
    const namespace = await server.createNamespace("team");
    for (const [user, role] of [
      ["ana", "velvet-requester"],
      ["grace", "velvet-approver"],
    ] as const) {
      await server.must(["create", "rolebinding", user, `--clusterrole=${role}`, `--user=${user}`, "-n", namespace]);
    }
    await create("Credential", "orders-db", { namespace }, credentialSpec());
    return namespace;
  }

  async function create(kind: string, name: string, place: object, spec: object): Promise<void> {
    const kubeconfig = kind === "VendorAccount" ? server.adminKubeconfig : ana;
    await server.must(["create", "-f", "-"], { stdin: manifest(kind, name, place, spec), kubeconfig });
  }

  async function show(namespace: string, kind: string, name: string, status: object): Promise<void> {
    const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
    await server.must(["patch", kind, name, "-n", namespace, ...patch], { kubeconfig: controller });
  }

  async function write(name: string, text: string): Promise<void> {
    await writeFile(join(plugin.folder, name), text);
  }

  const at = (name: string): string => join(plugin.folder, name);
  const withoutFolder = (text: string): string => text.replaceAll(`${plugin.folder}/`, "");

  it("validate --server tells where the API server, its policies and its roles refuse a manifest", async () => {
    const namespace = await team();
    await create("RotationRequest", "taken", { namespace }, requestSpec("ana"));
    await write(
      "mixed.yaml",
      [
        document("RotationRequest", "taken", `credentialRef: { name: orders-db }`, "reason: another"),
        document("RotationRequest", "forged", `credentialRef: { name: orders-db }`, "reason: quarter", "somebody"),
        document(
          "RotationRequest",
          "elsewhere",
          `credentialRef: { name: orders-db }`,
          "reason: quarter",
          "ana",
          "none",
        ),
        document("RotationRequest", "wrong", `credentialRef: { nam: orders-db }`, "reason: quarter"),
        document("RotationRequest", "right", `credentialRef: { name: orders-db }`, "reason: quarter"),
      ].join("---\n"),
    );
    const asked = ["validate", "--server", "-n", namespace, at("mixed.yaml")] as const;
    const { code, out, err } = await plugin.velvet(ana, ...asked);
    const said = withoutFolder(out)
      .split("\n")
      .filter((line) => line.startsWith("mixed.yaml"));
    expect([code, ...said.map((line) => line.split(" ").slice(0, 2).join(" "))]).toEqual([
      1,
      "mixed.yaml:4:1 RequestImmutable",
      "mixed.yaml:17:16 PolicyRefused",
      "mixed.yaml:20:7 ServerForbids",
      "mixed.yaml:32:20 UnknownField",
    ]);
    expect(out).toContain("requestedBy must be the name that the API server knows you by: set it to ana");
    expect(err).toContain("dry runs, as ana; nothing was kept");
    expect(await server.must(["get", "rr", "-n", namespace, "-o", "name"])).toBe(
      "rotationrequest.velvet.raxx.app/taken\n",
    );
    const github = await plugin.velvet(ana, ...asked, "--format", "github");
    expect(withoutFolder(github.out)).toContain("::error file=mixed.yaml,line=17,col=16,title=PolicyRefused::");
    const json = JSON.parse((await plugin.velvet(ana, ...asked, "-o", "json")).out);
    expect(json.problems).toHaveLength(4);
    const sarif = JSON.parse((await plugin.velvet(ana, ...asked, "-o", "sarif")).out);
    expect(sarif.runs[0].results.map(({ ruleIndex }: { ruleIndex?: number }) => typeof ruleIndex)).toEqual(
      Array.from({ length: 4 }, () => "number"),
    );
  });

  it("validate --server takes what may only be created, says what a namespace lacks, and asks nobody where it cannot", async () => {
    const namespace = await team();
    const approve = `requestRef: { name: one }\n  action: Approve\n  gate: Mint\n  digest: "${DIGEST}"\n  reason: r\n  decidedBy: grace\n`;
    const decision = `apiVersion: ${API}\nkind: RotationDecision\nmetadata: { name: yes, namespace: ${namespace} }\nspec:\n  ${approve}`;
    await write("decision.yaml", decision.replace("name: yes", 'name: "yes"'));
    expect(await plugin.velvet(grace, "validate", "--server", at("decision.yaml"))).toMatchObject({ code: 0, out: "" });
    const forbidden = await plugin.velvet(ana, "validate", "--server", at("decision.yaml"));
    expect(forbidden).toMatchObject({ code: 1, out: expect.stringContaining("decision.yaml:2:7 ServerForbids") });
    await write("nowhere.yaml", document("RotationRequest", "x", "credentialRef: { name: a }", "reason: b", "admin", "nowhere")); // prettier-ignore
    const nowhere = await plugin.velvet(server.adminKubeconfig, "validate", "--server", at("nowhere.yaml"));
    expect(nowhere.out).toContain("nowhere.yaml:3:33 NamespaceNotFound the cluster has no namespace nowhere");
    const away = JSON.parse(await readFile(ana, "utf8"));
    away.clusters[0].cluster.server = "https://127.0.0.1:1";
    await write("away", JSON.stringify(away));
    const unreachable = await plugin.velvet(join(plugin.folder, "away"), "validate", "--server", at("decision.yaml"));
    expect(unreachable).toMatchObject({ code: 1, out: "", err: expect.stringContaining("cannot be reached") });
  });

  it("plan says what a request would do, what it could not read, and what the controller waits for", async () => {
    const namespace = await team();
    const asked = async (...args: string[]) => plugin.velvet(ana, "plan", "-n", namespace, ...args);
    const imagined = await asked("orders-db");
    expect(imagined).toMatchObject({ code: 2, err: expect.stringContaining("You may not list VendorAccounts") });
    expect(imagined.out).toContain("would begin if it were requested now");
    expect(imagined.out).toMatch(/first +custody +files \(file\)/);
    expect(await asked()).toMatchObject({ code: 0, out: expect.stringContaining("nothing would change") });
    expect(await asked("ghost")).toMatchObject({ code: 1, err: expect.stringContaining("no Credential ghost") });
    await create("RotationRequest", "one", { namespace }, requestSpec("ana"));
    expect((await asked()).out).toContain("begins at the next look of a controller");
    await show(namespace, "rr", "one", {
      conditions: [
        condition("Ready", "False", "AccountNotReady", "files cannot be written"),
        condition("Reconciling", "True", "AccountNotReady", "files cannot be written"),
      ],
    });
    expect(await asked("one")).toMatchObject({
      code: 0,
      out: expect.stringContaining("AccountNotReady: files cannot be written"),
    });
    await show(namespace, "rr", "one", AT_THE_GATE);
    const running = await asked("one", "-o", "json");
    expect([running.code, wrongShape("plan", running.out)]).toEqual([2, []]);
    const report = JSON.parse(running.out);
    expect(report.notRead[0]).toContain("VendorAccounts");
    expect(report.items[0]).toMatchObject({ verdict: "running", next: "waits for RevokeApproval" });
    expect(report.items[0].steps.gates[1]).toMatchObject({ name: "Revoke", open: true, digest: DIGEST });
    expect(report.items[0].steps.gates[0]).not.toHaveProperty("digest");
  });

  it("plan goes by the accounts where it may read them, and by what the controller did not take", async () => {
    const namespace = await team();
    const whole = async (...args: string[]) => plugin.velvet(server.adminKubeconfig, "plan", "-n", namespace, ...args);
    const without = await whole("orders-db");
    expect(without).toMatchObject({ code: 1, out: expect.stringContaining("AccountNotFound") });
    expect(without.err).not.toContain("You may not list");
    await show(namespace, "credential", "orders-db", {
      conditions: [condition("Accepted", "False", "WrongEnvironment", "it is for staging")],
    });
    expect((await whole("orders-db")).out).toContain("WrongEnvironment: it is for staging");
    const refused = await plugin.velvet(ana, "status", "-n", namespace);
    expect(refused.out).toContain("WrongEnvironment: it is for staging");
    expect(await plugin.velvet(nobody, "plan", "-n", namespace)).toMatchObject({
      code: 1,
      err: expect.stringContaining("velvet-viewer"),
    });
  });

  it("doctor says whether the kinds, the policies and the controller are as they should be, and what one may do", async () => {
    const namespace = await team();
    const look = async (who = server.adminKubeconfig) => plugin.velvet(who, "doctor", "-n", namespace);
    const waiting = await look();
    expect(waiting).toMatchObject({ code: 1 });
    expect(waiting.out).toMatch(/ok +kinds +all four kinds are there, and of this version/);
    expect(waiting.out).toMatch(/ok +policies/);
    expect(waiting.out).toContain("the controller velvet/velvet has 0 of 1 replicas ready");
    expect(waiting.out).toContain("no controller has looked at 1 of 1 Credential");
    const ready = JSON.stringify({ status: { replicas: 1, readyReplicas: 1 } });
    await server.must(["patch", "deployment", "velvet", "-n", "velvet", "--subresource=status", "--type=merge", "-p", ready]); // prettier-ignore
    await show(namespace, "credential", "orders-db", { observedGeneration: 1 });
    const well = await look();
    expect(well).toMatchObject({ code: 0 });
    expect(well.out).toContain(`velvet/velvet is ready, 1 of 1, of this version ${ownVersion()}`);
    expect(wrongShape("doctor", (await plugin.velvet(ana, "doctor", "-o", "json")).out)).toEqual([]);
    const mine = await look(ana);
    expect(mine).toMatchObject({ code: 0 });
    expect(mine.out).toContain("you may not see the admission policies");
    expect(mine.out).toMatch(new RegExp(`ok +rights +you may request rotations, revocations and rehearsals in ${namespace}`)); // prettier-ignore
    expect(mine.out).toMatch(/you may not open the Revoke gate .*\n +A RoleBinding to velvet-approver grants it\./);
    expect((await look(grace)).out).toMatch(/ok +rights +you may open the Revoke gate/);
  });

  it("doctor says of older kinds what they lack, of a changed policy where, and how both are mended", async () => {
    const look = async () => plugin.velvet(server.adminKubeconfig, "doctor");
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rotationrequests.velvet.raxx.app";
    const gate = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/gate/properties/message";
    const change = async (patch: object[]): Promise<unknown> =>
      server.call({ method: "PATCH", path, body: patch, contentType: "application/json-patch+json" });
    await change([{ op: "remove", path: gate }]);
    await eventually("the older kind is published", async () => (await look()).out.includes("older than this Velvet"));
    const older = await look();
    expect(older).toMatchObject({ code: 1, out: expect.stringContaining("RotationRequest status.gate.message") });
    expect(older.out).toContain("helm upgrade velvet");
    await change([
      { op: "add", path: gate, value: { type: "string", description: "as it was", maxLength: 1024 } },
      { op: "add", path: gate.replace(/message$/, "later"), value: { type: "string", maxLength: 9 } },
    ]);
    await eventually("the newer kind is published", async () => (await look()).out.includes("newer than this Velvet"));
    const policy = ["validatingadmissionpolicy", "velvet-decisions", "--type=json", "-p"];
    await server.must(["patch", ...policy, '[{"op":"replace","path":"/spec/failurePolicy","value":"Ignore"}]']);
    const { out } = await look();
    expect(out).toContain("velvet-decisions differs from this version's chart in spec.failurePolicy");
    expect(out).toMatch(/count as claimed.*\n +Upgrade the chart with admission\.enabled/);
  });

  it("kubectl completes commands, options, and the names of objects that a command can be about", async () => {
    const namespace = await team();
    await create("RotationRequest", "waits", { namespace }, requestSpec("ana"));
    await create("RotationRequest", "at-gate", { namespace }, requestSpec("ana"));
    await show(namespace, "rr", "at-gate", AT_THE_GATE);
    const complete = async (...words: string[]): Promise<string[]> => {
      const { out } = await plugin.kubectl(ana, "__complete", "velvet", ...words);
      return out.split("\n").filter((line) => line !== "");
    };
    expect(await complete("approve", "-n", namespace, "")).toEqual(["at-gate\tValidated", ":4"]);
    expect(await complete("describe", `${namespace}/w`)).toEqual([`${namespace}/waits\tPending`, ":4"]);
    expect(await complete("confirm", "at-gate", "-n", namespace, "")).toEqual(["app\tWorking", ":4"]);
    expect(await complete("request", "rotate", "-n", namespace, "ord")).toEqual(["orders-db\tORDERS_DB", ":4"]);
    expect(await complete("doc")).toEqual([expect.stringMatching(/^doctor\t/), ":4"]);
    expect(await complete("validate", "")).toEqual([":0"]);
    const forbidden = await plugin.kubectl(nobody, "__complete", "velvet", "describe", "-n", namespace, "");
    expect(forbidden.out).toBe(":4\n");
    expect((await plugin.velvet(ana, "completion", "bash")).out).toContain("source <(kubectl completion bash)");
  });
});

const AT_THE_GATE = {
  observedGeneration: 1,
  jobID: "5f0c1a52-7a3e-4d0c-8f1b-1d2e3f405162",
  startedAt: AT,
  previousId: "orders@3",
  currentId: "orders@4",
  consumers: [{ id: "app", state: "Working" }],
  gate: { name: "Revoke", digest: DIGEST, openedAt: AT, message: "orders@3 will be revoked." },
  stages: [
    { stage: "Verifying", enteredAt: AT },
    { stage: "Validated", enteredAt: "2026-11-21T09:30:02Z" },
  ],
  conditions: [condition("Ready", "False", "Validated"), condition("Verified", "True", "LoginAccepted")],
};

function condition(type: string, status: string, reason: string, message = ""): object {
  return { type, status, reason, message, lastTransitionTime: AT };
}

function requestSpec(requestedBy: string): object {
  return { credentialRef: { name: "orders-db" }, flow: "Operational", reason: "quarter", requestedBy };
}

function credentialSpec(): object {
  return {
    credentialName: "ORDERS_DB",
    environment: "production",
    issuer: { account: "values", random: {} },
    custody: { account: "files", file: { path: "custody.json", format: "json" } },
    readFrom: "app",
    consumers: [
      {
        id: "app",
        account: "files",
        keys: [{ name: "K", field: "value" }],
        file: { path: "a", format: "dotenv" },
        check: { type: "native" },
      },
    ],
  };
}

function manifest(kind: string, name: string, place: object, spec: object): string {
  return JSON.stringify({ apiVersion: API, kind, metadata: { name, ...place }, spec });
}

/** Eight lines, each with its field, so that what is told of one can be found again. */
function document(kind: string, name: string, ref: string, reason: string, by = "ana", namespace?: string): string {
  const place = namespace === undefined ? "" : `, namespace: ${namespace}`;
  return `apiVersion: ${API}
kind: ${kind}
metadata: { name: ${name}${place} }
spec:
  ${ref}
  ${reason}
  flow: Operational
  requestedBy: ${by}
`;
}
