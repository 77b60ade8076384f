import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { newWorld } from "./emulator-bench.ts";

const REPOSITORY = { repository: "acme/orders" };
const PRODUCTION = "repos/acme/orders/environments/production";
const SHADOW = {
  TOKEN: {
    by: "the secret of the environment production of acme/orders, for jobs that run in it",
    targets: { store: "actions", scope: "environment", repository: "acme/orders", environment: "production" },
  },
};

describe("a secret of a repository", () => {
  it("is hidden by one of the same name in an environment", async () => {
    await using made = await newWorld();
    made.vendor.people.granted = { ...made.vendor.people.granted, actions: "read" };
    made.vendor.plant(PRODUCTION, { TOKEN: "of the environment" });
    expect(await made.sink(REPOSITORY).shadows?.(["token", "OTHER"], never)).toEqual({ token: SHADOW.TOKEN });
    expect(await made.sink({ ...REPOSITORY, environment: "production" }).shadows?.(["TOKEN"], never)).toEqual({});
    expect(await made.sink({ ...REPOSITORY, store: "dependabot" }).shadows?.(["TOKEN"], never)).toEqual({});
    made.vendor.remove(PRODUCTION, "TOKEN");
    expect(await made.sink(REPOSITORY).shadows?.(["TOKEN"], never)).toEqual({});
  });

  it("is not said to be hidden where the account may not list environments, or see their secrets", async () => {
    const all = { metadata: "read", secrets: "write" } as const;
    for (const more of [{ environments: "read" }, { actions: "read" }] as const) {
      await using made = await newWorld();
      made.vendor.plant(PRODUCTION, { TOKEN: "of the environment" });
      made.vendor.people.granted = { ...all, ...more };
      expect(await made.sink(REPOSITORY).shadows?.(["TOKEN"], never)).toEqual({});
    }
  });
});

describe("a secret of an organization", () => {
  const ORG = "orgs/acme/actions";

  it("is hidden in a repository that it was given to and that has one of its own", async () => {
    await using made = await newWorld();
    made.vendor.plant(ORG, { TOKEN: "of the organization" }, { visibility: "selected", selected: [1, 2] });
    const sink = made.sink({ organization: "acme" });
    expect(await sink.shadows?.(["TOKEN"], never)).toEqual({});
    made.vendor.plant("repos/acme/payments/actions", { TOKEN: "of the repository" });
    expect(await sink.shadows?.(["TOKEN"], never)).toMatchObject({
      TOKEN: { by: "the secret of acme/payments, for its jobs" },
    });
  });

  it("that all may read is not said to be hidden: nobody says who they are", async () => {
    await using made = await newWorld();
    made.vendor.plant(ORG, { TOKEN: "of the organization" }, { visibility: "all" });
    made.vendor.plant("repos/acme/orders/actions", { TOKEN: "of the repository" });
    expect(await made.sink({ organization: "acme" }).shadows?.(["TOKEN"], never)).toEqual({});
  });
});
