/** CRDs of an older version: what they drop is said, what they can take is shown, and all of it when they are renewed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { checkCluster } from "../../controller/cli/cluster/doctor.ts";
import { withCluster } from "../../controller/cli/cluster/open.ts";
import { eventually } from "./chart.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes, installCrds } from "./environment/shared.ts";
import { eventsOf } from "./events.ts";
import { conditionsOf, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const PATIENCE = { timeout: 90_000, interval: 100 };

interface Schema {
  readonly properties: Record<string, Schema>;
  readonly items: Schema;
  "x-kubernetes-validations"?: unknown;
}

/** As the first version had it, without some fields of each kind of use: a text, one within a list, and what a person writes. */
async function olderRequests(): Promise<object> {
  const text = await readFile(join(import.meta.dirname, "../../crds/rotationrequests.yaml"), "utf8");
  const crd = parse(text) as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } };
  const { spec, status } = crd.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};
  delete spec?.properties["ticket"];
  // They name the field.
  delete spec?.["x-kubernetes-validations"];
  delete status?.properties["trust"];
  delete status?.properties["consumers"]?.items.properties["receiptTime"];
  return crd;
}

describeKubernetes("a controller that is newer than the cluster's CRDs", () => {
  let server: ApiServer;
  let velvet: VelvetOnCluster;

  beforeAll(async () => {
    server = await startApiServer();
    await installCrds(server);
    const older = JSON.stringify(await olderRequests());
    await server.must(["apply", "--server-side", "--force-conflicts", "-f", "-"], { stdin: older });
    await eventually("the older definition is served", async () => {
      const explained = await server.kubectl(["explain", "rotationrequest.spec.ticket"]);
      return explained.code !== 0;
    });
    velvet = await velvetOn(server);
    await velvet.start();
    await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token"));
  }, 180_000);
  afterAll(async () => {
    await velvet?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  async function source(): Promise<unknown> {
    const text = "select ready, reason, message from velvet.source where name = 'kubernetes'";
    const [row] = await velvet.ledger.db.query({ name: "source", text });
    return row;
  }

  async function doctor(): Promise<readonly string[]> {
    const found = await withCluster(
      { env: {}, stop: new AbortController().signal },
      { kubeconfig: server.adminKubeconfig },
      checkCluster,
    );
    return found.map((finding) => JSON.stringify(finding));
  }

  it("names the fields that are lost, in the object, in an Event, in the log, in the source's row and to the doctor", async () => {
    const stdin = JSON.stringify(velvet.request("first", { ticket: "SEC-1" }));
    // Without its check of fields, kubectl lets the API server drop them.
    const { stderr } = await server.kubectl(["create", "--validate=false", "-f", "-"], { stdin });
    expect(stderr).not.toContain("Error");
    await vi.waitFor(async () => {
      expect(conditionsOf(await velvet.read("rr", "first"))).toMatchObject({
        Ready: "True/Done",
        Revoked: expect.stringMatching(/^True/),
        DefinitionCurrent: "False/CrdsOutdated",
      });
    }, PATIENCE);
    const { spec, status } = await velvet.read("rr", "first");
    expect(spec).not.toHaveProperty("ticket");
    expect(status).toMatchObject({
      observedGeneration: 1,
      consumersReady: "1/1",
      consumers: [{ id: "custody" }, { id: "app" }],
    });
    expect(JSON.stringify(status["consumers"])).not.toContain("receiptTime");
    const lost = "spec.ticket, status.consumers[].receiptTime, status.trust";
    const { message } = status.conditions?.find(({ type }) => type === "DefinitionCurrent") ?? {};
    for (const field of lost.split(", ")) expect(message).toContain(field);
    expect(message).toContain("Apply the CRDs of this version");
    expect(await source()).toMatchObject({ ready: false, reason: "CrdsOutdated" });
    // Rotations go on: nothing has to wait for it.
    expect(await velvet.readyz()).toMatchObject({ ready: true });
    expect(velvet.lines.join("")).toContain("the cluster's CRDs are older than this Velvet");
    await vi.waitFor(async () => {
      const told = await eventsOf(server, "default", "rotationrequests.velvet.raxx.app");
      const note = expect.stringContaining("spec.ticket");
      expect(told).toContainEqual(expect.objectContaining({ type: "Warning", reason: "CrdsOutdated", note }));
    }, PATIENCE);
    expect(await doctor()).toContainEqual(expect.stringMatching(/older.*spec\.ticket/));
    expect(conditionsOf(await velvet.read("credential", "api-token"))).not.toHaveProperty("DefinitionCurrent");
  }, 120_000);

  it("shows the whole status by itself once they are renewed", async () => {
    await server.must([
      "apply",
      "--server-side",
      "--force-conflicts",
      "-f",
      join(import.meta.dirname, "../../crds/rotationrequests.yaml"),
    ]);
    await vi.waitFor(async () => {
      const { status } = await velvet.read("rr", "first");
      const received = { receiptTime: expect.any(String) };
      expect(status).toMatchObject({ trust: expect.any(String), consumers: [received, received] });
      expect(conditionsOf(await velvet.read("rr", "first"))).not.toHaveProperty("DefinitionCurrent");
      expect(await source()).toMatchObject({ ready: true, reason: "Synced" });
    }, PATIENCE);
    expect(await doctor()).toContainEqual(expect.stringContaining("all four kinds are there"));
  }, 120_000);
});
