/** Each rule of the admission policies on a real API server: by people whose rights are the chart's roles. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rule } from "../../controller/domain/rule.ts";
import type { DecisionRow, World } from "../../controller/domain/world.ts";
import { policiesInForce, POLICY_NAMES, type PolicyObject } from "../../controller/sources/kubernetes/policies.ts";
import { eventually, install, must } from "./chart.ts";
import type { Ended } from "./environment/access.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";

const FLUX = "system:serviceaccount:flux-system:kustomize-controller";
const TWO = "two-person";
let server: ApiServer;
const people = new Map<string, string>();

describeKubernetes("the admission policies", () => {
  beforeAll(async () => {
    server = await startApiServer();
    const gitOps = `admission.gitOps=[{"username":"${FLUX}","fieldManager":"kustomize-controller"}]`;
    const twoPerson = `admission.twoPerson={"enabled":true,"namespaces":["${TWO}"]}`;
    await install(server, `--set-json=${gitOps}`, `--set-json=${twoPerson}`);
    for (const namespace of ["orders", TWO, "flux-system"])
      must(await server.kubectl(["create", "namespace", namespace]));
    must(await server.kubectl(["create", "serviceaccount", "kustomize-controller", "--namespace=flux-system"]));
    await person("ada", "velvet-requester");
    await person("grace", "velvet-approver");
    await person("oscar", "velvet-operator");
    await person("eve", "velvet-viewer");
    await person("boss", "velvet-requester", "velvet-approver", "velvet-operator");
    for (const role of ["velvet-requester", "velvet-approver"]) await bind(role, `--user=${FLUX}`, "flux");
    const kind = "--resource=rotationdecisions.velvet.raxx.app";
    must(await server.kubectl(["create", "clusterrole", "applies-decisions", "--verb=patch", kind]));
    await bind("applies-decisions", `--user=${FLUX}`, "flux");
    people.set("flux", await server.serviceAccountKubeconfig("flux-system", "kustomize-controller"));
    people.set("velvet", await server.serviceAccountKubeconfig("velvet", "velvet"));
    await inForce();
  }, 180_000);
  afterAll(async () => server?.[Symbol.asyncDispose]());

  async function bind(role: string, subject: string, id: string): Promise<void> {
    must(await server.kubectl(["create", "clusterrolebinding", `${id}-${role}`, `--clusterrole=${role}`, subject]));
  }

  async function person(name: string, ...roles: readonly string[]): Promise<void> {
    for (const role of roles) await bind(role, `--user=${name}`, name);
    people.set(name, await server.userKubeconfig(name));
  }

  interface Shape {
    readonly name?: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly spec?: object;
  }

  let count = 0;
  function object(kind: string, spec: object, shape: Shape): object {
    count += 1;
    const { name = `n${count}`, namespace = "orders", annotations } = shape;
    const whole = { ...spec, ...shape.spec };
    return { apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { name, namespace, annotations }, spec: whole };
  }

  const request = (requestedBy: string, shape: Shape = {}): object =>
    object(
      "RotationRequest",
      { credentialRef: { name: "orders-db" }, flow: "Operational", reason: "due", requestedBy },
      shape,
    );
  const decision = (decidedBy: string, spec: object, shape: Shape = {}): object =>
    object("RotationDecision", { requestRef: { name: "r" }, reason: "seen", decidedBy, ...spec }, shape);

  const digest = "sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55";
  const MINT = { action: "Approve", gate: "Mint", digest };
  const REVOKE = { action: "Approve", gate: "Revoke", digest, confirm: "ORDERS_DB", ticket: "SEC-1" };
  const ABORT = { action: "Abort" };

  async function kubectl(as: string, args: readonly string[], body?: object): Promise<Ended> {
    const kubeconfig = as === "admin" ? server.adminKubeconfig : people.get(as);
    if (kubeconfig === undefined) throw new Error(`nobody is called ${as}`);
    return server.kubectl([...args], { kubeconfig, ...(body === undefined ? {} : { stdin: JSON.stringify(body) }) });
  }

  const create = async (as: string, body: object, ...more: readonly string[]) =>
    kubectl(as, ["create", "-f", "-", ...more], body);

  const DONE = { code: 0, stderr: "" };

  function refusal(policy: string, message: string): object {
    const said = new RegExp(`'${policy}' with binding '${policy}' denied request: .*${message.replaceAll(".", "\\.")}`);
    return { code: 1, stderr: expect.stringMatching(said) as string };
  }

  /** Each policy has refused once, without a trace. */
  async function inForce(): Promise<void> {
    const dry = "--dry-run=server";
    const says = async (answer: Promise<Ended>, policy: string) =>
      (await answer).stderr.includes(`'${policy}' with binding`);
    await eventually("velvet-requests", async () => says(create("boss", request("x"), dry), "velvet-requests"));
    await eventually("velvet-decisions", async () =>
      says(create("boss", decision("x", ABORT), dry), "velvet-decisions"),
    );
    const marked = () => request("boss", { annotations: { "velvet.raxx.app/x": "1" } });
    await eventually("velvet-provenance", async () => says(create("boss", marked(), dry), "velvet-provenance"));
    await eventually(
      "asked",
      async () => (await create("boss", request("boss", { name: "own", namespace: TWO }))).code === 0,
    );
    const own = () => decision("boss", { ...ABORT, requestRef: { name: "own" } }, { namespace: TWO });
    await eventually("velvet-two-person", async () => says(create("boss", own(), dry), "velvet-two-person"));
    const status = async () =>
      kubectl("admin", [
        "patch",
        "rr",
        "own",
        `--namespace=${TWO}`,
        "--subresource=status",
        "--type=merge",
        dry,
        '-p={"status":{"consumersReady":"1/1"}}',
      ]);
    await eventually("velvet-status", async () => says(status(), "velvet-status"));
  }

  describe("who asks", () => {
    it("is who the API server says", async () => {
      expect(await create("ada", request("ada"))).toMatchObject(DONE);
      expect(await create("ada", request("grace"))).toMatchObject(refusal("velvet-requests", "set it to ada"));
      expect(await create("admin", request("ada"))).toMatchObject(
        refusal("velvet-requests", "requestedBy must be the name"),
      );
    });

    it("needs the role of a requester", async () => {
      expect((await create("eve", request("eve"))).stderr).toContain("cannot create resource");
    });

    it.each([
      ["oscar", true],
      ["ada", false],
    ])("needs a verb of its own for a Revocation, which %s has: %s", async (name, fine) => {
      const body = request(name, { spec: { flow: "Revocation", target: "Current" } });
      const message = `${name} lacks the verb revoke on rotationrequests.velvet.raxx.app in the namespace orders`;
      expect(await create(name, body)).toMatchObject(fine ? DONE : refusal("velvet-requests", message));
    });

    it("cannot be another one later on", async () => {
      expect(await create("ada", request("ada", { name: "fixed" }))).toMatchObject(DONE);
      const patch = ["patch", "rr", "fixed", "--namespace=orders", "--type=merge"];
      expect((await kubectl("ada", [...patch, '-p={"spec":{"requestedBy":"grace"}}'])).stderr).toContain("immutable");
      expect(await kubectl("ada", [...patch, '-p={"spec":{"suspend":true}}'])).toMatchObject(DONE);
    });
  });

  describe("who decides", () => {
    it("is who the API server says", async () => {
      expect(await create("grace", decision("grace", MINT))).toMatchObject(DONE);
      expect(await create("grace", decision("ada", MINT))).toMatchObject(
        refusal("velvet-decisions", "set it to grace"),
      );
    });

    it.each([
      ["grace", MINT],
      ["grace", REVOKE],
      ["grace", { action: "Deny", gate: "Mint" }],
      ["oscar", ABORT],
      ["oscar", { action: "SkipConsumer", consumer: "orders-app", ticket: "SEC-1" }],
    ])("may be %s for %o", async (name, spec) => {
      expect(await create(name, decision(name, spec))).toMatchObject(DONE);
    });

    it.each([
      ["oscar", MINT, "approve-mint"],
      ["oscar", REVOKE, "approve-revoke"],
      ["oscar", { action: "Deny", gate: "Revoke" }, "approve-revoke"],
      ["grace", ABORT, "decide"],
    ])("may not be %s for %o", async (name, spec, verb) => {
      const message = `${name} lacks the verb ${verb} on rotationdecisions.velvet.raxx.app in the namespace orders`;
      expect(await create(name, decision(name, spec))).toMatchObject(refusal("velvet-decisions", message));
    });

    it("is held to each gate on its own", async () => {
      const role = [
        "create",
        "clusterrole",
        "mint-only",
        "--verb=create,approve-mint",
        "--resource=rotationdecisions.velvet.raxx.app",
      ];
      must(await server.kubectl(role));
      await person("mia", "mint-only");
      await eventually("the role counts", async () => (await create("mia", decision("mia", MINT))).code === 0);
      expect(await create("mia", decision("mia", REVOKE))).toMatchObject(
        refusal("velvet-decisions", "lacks the verb approve-revoke"),
      );
    });
  });

  describe("two people", () => {
    it("are needed where the chart says so, and nowhere else", async () => {
      expect(await create("boss", request("boss", { name: "asked", namespace: TWO }))).toMatchObject(DONE);
      expect(await create("boss", request("boss", { name: "asked" }))).toMatchObject(DONE);
      const own = (namespace: string) => decision("boss", { ...MINT, requestRef: { name: "asked" } }, { namespace });
      await eventually(
        "the request is seen",
        async () => (await create("boss", own(TWO), "--dry-run=server")).code === 1,
      );
      expect(await create("boss", own(TWO))).toMatchObject(
        refusal("velvet-two-person", "boss requested this rotation and cannot decide on it"),
      );
      expect(
        await create("grace", decision("grace", { ...MINT, requestRef: { name: "asked" } }, { namespace: TWO })),
      ).toMatchObject(DONE);
      expect(await create("boss", own("orders"))).toMatchObject(DONE);
    });

    it.each([
      ["boss", "boss", false],
      ["boss", "grace", true],
    ])(
      "are told apart alike by the API server and by the engine: asked by %s, decided by %s",
      async (by, decider, fine) => {
        const name = `twin-${decider}`;
        expect(await create(by, request(by, { name, namespace: TWO }))).toMatchObject(DONE);
        const spec = { ...MINT, requestRef: { name }, reason: "seen", decidedBy: decider } as const;
        const decide = async () => create(decider, decision(decider, spec, { namespace: TWO }), "--dry-run=server");
        if (!fine) await eventually("the request is seen", async () => (await decide()).code === 1);
        expect((await decide()).code === 0).toBe(fine);
        // The rule of two people looks at nothing else of the world, and comes first; for who is let by, it was another rule that answered.
        const snapshot = {
          request: { spec: { requestedBy: by } },
          accounts: { vendor: { spec: { twoPerson: true } } },
        };
        const world = { rotation: { snapshot, facts: { abort: {} } } } as unknown as World;
        const row = { uid: "1", name, spec, trust: "admission", appearedAt: new Date(0) } as unknown as DecisionRow;
        const ruling = rule(world, row, row.appearedAt);
        expect(ruling).toMatchObject({ verdict: "refused", reason: fine ? "Aborting" : "SamePerson" });
      },
    );
  });

  describe("status", () => {
    /** As the controller writes it, by server-side apply. */
    const write = async (as: string) => {
      const { apiVersion, kind } = { apiVersion: "velvet.raxx.app/v1alpha1", kind: "RotationRequest" };
      const body = {
        apiVersion,
        kind,
        metadata: { name: "shown", namespace: "orders" },
        status: { consumersReady: "1/2" },
      };
      const how = ["apply", "--server-side", "--subresource=status", "--field-manager=velvet", "--validate=false"];
      return kubectl(as, [...how, "-f", "-"], body);
    };

    it("is written by the controller's ServiceAccount alone", async () => {
      expect(await create("ada", request("ada", { name: "shown" }))).toMatchObject(DONE);
      expect(await write("admin")).toMatchObject(refusal("velvet-status", "file a RotationDecision"));
      expect(await write("velvet")).toMatchObject(DONE);
    });
  });

  describe("annotations under velvet.raxx.app/", () => {
    const annotate = async (as: string, ...pairs: readonly string[]) =>
      kubectl(as, ["annotate", "rr", "noted", "--namespace=orders", "--overwrite", ...pairs]);

    it("are the controller's, but for requestedAt", async () => {
      expect(
        await create("ada", request("ada", { name: "noted", annotations: { "velvet.raxx.app/requestedAt": "1" } })),
      ).toMatchObject(DONE);
      expect(await annotate("ada", "velvet.raxx.app/requestedAt=2", "team=orders")).toMatchObject(DONE);
      const message = "are written by the Velvet controller alone";
      expect(await create("ada", request("ada", { annotations: { "velvet.raxx.app/source": "git" } }))).toMatchObject(
        refusal("velvet-provenance", message),
      );
      expect(await annotate("ada", "velvet.raxx.app/source=git")).toMatchObject(refusal("velvet-provenance", message));
      expect(await annotate("admin", "velvet.raxx.app/source=git")).toMatchObject(
        refusal("velvet-provenance", message),
      );
    });
  });

  describe("a GitOps controller that the chart names", () => {
    const apply = async (as: string, body: object, manager: string, ...more: readonly string[]) =>
      kubectl(as, ["apply", "--server-side", `--field-manager=${manager}`, "-f", "-", ...more], body);

    it("applies for others, and by its own field manager only", async () => {
      expect(await apply("flux", request("ada", { name: "from-git" }), "kustomize-controller")).toMatchObject(DONE);
      const message = "must write with the field manager that admission.gitOps names";
      expect(await apply("flux", request("ada", { name: "sly" }), "kubectl")).toMatchObject(
        refusal("velvet-requests", message),
      );
      expect(await apply("flux", decision("grace", MINT, { name: "sly" }), "kubectl")).toMatchObject(
        refusal("velvet-decisions", message),
      );
    });

    it("stays an owner of what it applied, so that a person cannot make a claimed name a proven one", async () => {
      const body = request("ada", { name: "from-git-too" });
      expect(await apply("flux", body, "kustomize-controller")).toMatchObject(DONE);
      const clear = [
        "patch",
        "rr",
        "from-git-too",
        "--namespace=orders",
        "--type=merge",
        '-p={"metadata":{"managedFields":[{}]}}',
      ];
      expect(await kubectl("ada", clear)).toMatchObject(
        refusal("velvet-requests", "its field manager must stay an owner of the spec"),
      );
      expect(await apply("ada", body, "kubectl")).toMatchObject(DONE);
    });
  });

  describe("the controller", () => {
    const read = async (): Promise<PolicyObject[]> => {
      const kinds = ["validatingadmissionpolicy", "validatingadmissionpolicybinding"];
      const all = POLICY_NAMES.flatMap((name) =>
        kinds.map(async (kind) => kubectl("velvet", ["get", kind, name, "-o", "json"])),
      );
      return (await Promise.all(all)).map((answer) => JSON.parse(must(answer)) as PolicyObject);
    };

    it("reads that the policies are in force, and who may apply for others", async () => {
      const before = Date.now();
      const { provenFrom, ...found } = policiesInForce(await read());
      expect(found).toEqual({ inForce: true, missing: [], gitOpsFieldManagers: ["kustomize-controller"] });
      expect(provenFrom?.getTime()).toBeGreaterThan(before - 300_000);
    });

    it("finds no mistake of type in them", async () => {
      const said = must(
        await server.kubectl(["get", "validatingadmissionpolicy", "-o", "jsonpath={.items[*].status.typeChecking}"]),
      );
      expect(said.replaceAll(/[{} ]/g, "")).toBe("");
    });

    it("notices a binding that only warns", async () => {
      const patch = (actions: string) =>
        server.kubectl([
          "patch",
          "validatingadmissionpolicybinding",
          "velvet-requests",
          "--type=merge",
          `-p={"spec":{"validationActions":["${actions}"]}}`,
        ]);
      must(await patch("Warn"));
      try {
        const { inForce, missing } = policiesInForce(await read());
        expect(inForce).toBe(false);
        expect(missing).toEqual([
          "The ValidatingAdmissionPolicyBinding velvet-requests differs from this version's chart in spec.validationActions[0].",
        ]);
      } finally {
        must(await patch("Deny"));
      }
    });
  });
});
