/** The chart: what it accepts, what it renders, what the API server says to it, and what its ServiceAccount may do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { allowedOf, type Deed } from "./access-review.ts";
import { CHART, FULL, install, MINIMAL, must, render } from "./chart.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";

let server: ApiServer;
/** The Prometheus operator's kinds, by name. */
const MONITORING = fileURLToPath(new URL("monitoring-crds.yaml", import.meta.url));
const velvet = () => server.serviceAccountKubeconfig("velvet", "velvet");

describeKubernetes("the chart", () => {
  beforeAll(async () => {
    server = await startApiServer();
    for (const namespace of ["orders", "billing", "other"])
      must(await server.kubectl(["create", "namespace", namespace]));
    must(await server.kubectl(["apply", "-f", MONITORING]));
    must(await server.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "-f", MONITORING]));
    await install(server, `--values=${FULL}`);
  }, 180_000);
  afterAll(async () => server?.[Symbol.asyncDispose]());

  describe("the values", () => {
    it("pass the linter of Helm", async () => {
      for (const values of [MINIMAL, FULL]) {
        const linted = await server.helm(["lint", "--strict", CHART, `--values=${values}`]);
        expect(linted).toMatchObject({ code: 0, stdout: expect.stringContaining("0 chart(s) failed") as string });
      }
    });

    it.each([
      ["image.repository=", "/image/repository"],
      ["kek.value=c2VjcmV0", "additional properties 'value' not allowed"],
      ["ledger.databaseUrl=postgres://a:b@c/d", "additional properties 'databaseUrl' not allowed"],
      ["git.url=https://user:password@git.example.com/x", "/git/url"],
      ["replicas=0", "/replicas"],
      ["rotation=maybe", "/rotation"],
      ["image.digest=latest", "/image/digest"],
      ["kubernetes.namespaces[0]=Orders", "/kubernetes/namespaces/0"],
      ["admission.controllers[0]=a'b", "/admission/controllers/0"],
      ["accountEnv[0].name=PATH,accountEnv[0].secret=a,accountEnv[0].key=b", "/accountEnv/0/name"],
      ["targets[0].secrets[0]=a", "missing property 'namespace'"],
      ["terminationGracePeriodSeconds=5", "/terminationGracePeriodSeconds"],
      ["metrics.from[0]=Monitoring", "/metrics/from/0"],
      ["metrics.serviceMonitor.interval=often", "/metrics/serviceMonitor/interval"],
    ])("refuse %s", async (set, said) => {
      await expect(render(server, `--values=${MINIMAL}`, `--set=${set}`)).rejects.toThrow(said);
    });

    it("are all described, and all have a default", () => {
      const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;
      const values: unknown = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
      expect(faults(schema, values, "values")).toEqual(["values.global has no default"]);
    });
  });

  interface Schema {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly additionalProperties?: unknown;
  }

  function faults(schema: Schema, value: unknown, path: string): string[] {
    if (schema.description === undefined) return [`${path} is not described`];
    if (value === undefined) return [`${path} has no default`];
    if (schema.properties === undefined) return [];
    const own = value as Readonly<Record<string, unknown>>;
    const open = schema.additionalProperties === false ? [] : [`${path} is open`];
    const inner = Object.entries(schema.properties).flatMap(([key, one]) => faults(one, own[key], `${path}.${key}`));
    return [...open, ...inner];
  }

  describe("what is rendered", () => {
    it.each([
      ["minimal", [`--values=${MINIMAL}`]],
      ["full", [`--values=${FULL}`]],
      [
        "git-only",
        [
          `--values=${MINIMAL}`,
          "--set-json=kubernetes.namespaces=[]",
          "--set=admission.enabled=false,roles.enabled=false",
          "--set=git.url=https://git.example.com/x,git.namespaces=teams/*=*",
        ],
      ],
    ])("with the values %s is as it was reviewed", async (name, args) => {
      const documents = await render(server, ...args, "--set=crds.enabled=false");
      const text = documents.map((document) => stringify(document, { lineWidth: 0 })).join("---\n");
      await expect(text).toMatchFileSnapshot(`snapshots/${name}.yaml`);
    });

    it("keeps the kinds when it is uninstalled", async () => {
      const crds = (await render(server, `--values=${MINIMAL}`)).filter(
        ({ kind }) => kind === "CustomResourceDefinition",
      );
      expect(crds).toHaveLength(4);
      for (const { metadata } of crds)
        expect(metadata).toMatchObject({ annotations: { "helm.sh/resource-policy": "keep" } });
    });

    it("is valid for the API server, to the last field", async () => {
      for (const values of [MINIMAL, FULL]) {
        const stdin = must(
          await server.helm(["template", "velvet", CHART, "--namespace=velvet", `--values=${values}`]),
        );
        const apply = [
          "apply",
          "--server-side",
          "--dry-run=server",
          "--validate=strict",
          "--force-conflicts",
          "-f",
          "-",
        ];
        expect(await server.kubectl(apply, { stdin })).toMatchObject({ code: 0, stderr: "" });
      }
    });

    it("gives no approver to view, edit or admin", async () => {
      const roles = (await render(server, `--values=${MINIMAL}`)).filter(({ kind }) => kind === "ClusterRole");
      const aggregated = roles.filter(({ metadata }) => JSON.stringify(metadata.labels).includes("aggregate-to-"));
      expect(aggregated.map(({ metadata }) => metadata.name)).toEqual(["velvet-viewer", "velvet-requester"]);
      const verbs = aggregated.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.verbs));
      expect(verbs.filter((verb) => /approve|decide|\*/.test(verb))).toEqual([]);
    });
  });

  const OWN = "velvet.raxx.app";
  const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
  const POLICIES = ["velvet-requests", "velvet-decisions", "velvet-status", "velvet-provenance"];

  /** Every verb on everything that is near what the controller does, by name and without one. */
  function grid(): Deed[] {
    const everywhere = ["orders", "billing", "other", "velvet", "default", "kube-system"];
    const namespaced: (readonly [string, string, string?])[] = [
      ["", "secrets"],
      ["", "secrets", "orders-db"],
      ["", "secrets", "billing-db"],
      ["", "secrets", "orders-db-admin"],
      ["", "secrets", "velvet-kek"],
      ["", "configmaps"],
      ["", "configmaps", "velvet-sealing-key"],
      ["", "pods"],
      ["", "pods/exec"],
      ["", "pods/log"],
      ["", "serviceaccounts"],
      ["", "serviceaccounts/token"],
      ["", "events"],
      ["events.k8s.io", "events"],
      ["apps", "deployments"],
      ["apps", "deployments", "orders"],
      ["apps", "statefulsets", "orders-queue"],
      ["apps", "daemonsets"],
      ["apps", "replicasets"],
      ["coordination.k8s.io", "leases"],
      ["rbac.authorization.k8s.io", "roles"],
      ["rbac.authorization.k8s.io", "rolebindings"],
      ...["credentials", "rotationrequests", "rotationdecisions"].flatMap(
        (one) =>
          [
            [OWN, one],
            [OWN, `${one}/status`],
          ] as const,
      ),
    ];
    const cluster: (readonly [string, string, string?])[] = [
      ["", "nodes"],
      ["", "namespaces"],
      [OWN, "vendoraccounts"],
      [OWN, "vendoraccounts/status"],
      ["apiextensions.k8s.io", "customresourcedefinitions"],
      ["rbac.authorization.k8s.io", "clusterroles"],
      ["rbac.authorization.k8s.io", "clusterrolebindings"],
      ...["validatingadmissionpolicies", "validatingadmissionpolicybindings"].flatMap(
        (one) =>
          [
            ["admissionregistration.k8s.io", one],
            ["admissionregistration.k8s.io", one, "velvet-requests"],
          ] as const,
      ),
    ];
    const deeds =
      (namespace?: string) =>
      ([group, resource, name]: readonly [string, string, string?]) =>
        VERBS.map((verb) => ({
          verb,
          group,
          resource,
          ...(name === undefined ? {} : { name }),
          ...(namespace === undefined ? {} : { namespace }),
        }));
    const special: Deed[] = [
      ...["approve-mint", "approve-revoke", "decide"].map((verb) => ({
        verb,
        group: OWN,
        resource: "rotationdecisions",
        namespace: "orders",
      })),
      ...["users", "groups", "serviceaccounts"].map((resource) => ({ verb: "impersonate", group: "", resource })),
      ...["bind", "escalate"].map((verb) => ({ verb, group: "rbac.authorization.k8s.io", resource: "clusterroles" })),
      ...POLICIES.flatMap((name) =>
        ["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map((resource) => ({
          verb: "get",
          group: "admissionregistration.k8s.io",
          resource,
          name,
        })),
      ),
    ];
    return [
      ...everywhere.flatMap((namespace) => namespaced.flatMap(deeds(namespace))),
      ...cluster.flatMap(deeds()),
      ...special,
    ];
  }

  describe("the controller's ServiceAccount", () => {
    it("may do what it needs, and nothing else of all that is near", async () => {
      const deeds = grid();
      expect(deeds.length).toBeGreaterThan(1_000);
      const allowed = await allowedOf(server, await velvet(), deeds);
      const watched = ["orders", "billing"].flatMap((namespace) => [
        ...["create", "patch"].map((verb) => `${verb} events.events.k8s.io in ${namespace}`),
        `create rotationrequests.${OWN} in ${namespace}`,
        ...["credentials", "rotationrequests", "rotationdecisions"].flatMap((one) => [
          ...["get", "list", "watch"].map((verb) => `${verb} ${one}.${OWN} in ${namespace}`),
          `patch ${one}/status.${OWN} in ${namespace}`,
        ]),
      ]);
      const policies = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"].flatMap((kind) =>
        POLICIES.map((name) => `get ${kind}.admissionregistration.k8s.io/${name} in *`),
      );
      expect(new Set(allowed)).toEqual(
        new Set([
          ...watched,
          ...policies,
          ...["create", "patch"].map((verb) => `${verb} events.events.k8s.io in default`),
          ...["get", "list", "watch"].map((verb) => `${verb} vendoraccounts.${OWN} in *`),
          `patch vendoraccounts/status.${OWN} in *`,
          "get secrets/orders-db-admin in velvet",
          "get configmaps/velvet-sealing-key in velvet",
          "patch configmaps/velvet-sealing-key in velvet",
          "get secrets/orders-db in orders",
          "patch secrets/orders-db in orders",
          "get secrets/billing-db in billing",
          "patch secrets/billing-db in billing",
          // Asked for in these values, and cannot be held to a name.
          ...[
            "secrets",
            "secrets/orders-db",
            "secrets/billing-db",
            "secrets/orders-db-admin",
            "secrets/velvet-kek",
          ].map((one) => `create ${one} in billing`),
          "get deployments.apps/orders in orders",
          "patch deployments.apps/orders in orders",
          "get statefulsets.apps/orders-queue in orders",
          "patch statefulsets.apps/orders-queue in orders",
          "list pods in orders",
        ]),
      );
    });
  });
});
