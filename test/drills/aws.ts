/** An IAM access key in use at an app, whose key and secret stand in a file; AWS keeps two keys for a user, and can disable one. */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AwsEmulator, openAwsEmulator } from "../../adapters/aws/emulator.ts";
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import { CREDENTIAL, CREDENTIAL_NAME, documentOf, type DrillVendor, DrillWorld, NAMESPACE } from "./world.ts";

export const USER = "orders-app";
const DAY_MS = 86_400_000;

export interface AwsDrill {
  readonly world: DrillWorld;
  readonly aws: AwsEmulator;
  /** The id of the one in use when it begins. */
  readonly old: string;
  /** Makes a key as a person would. */
  readonly stranger: () => string;
}

const KEYS = [
  { field: "accessKeyId", name: "AWS_ACCESS_KEY_ID" },
  { field: "secretAccessKey", name: "AWS_SECRET_ACCESS_KEY" },
];

export async function openAwsDrill(credential: Partial<CredentialSpec> = {}) {
  const aws = await openAwsEmulator();
  aws.iam.addUser(USER);
  const old = aws.iam.addKey(USER, Date.now() - 90 * DAY_MS);
  const strangers = new Set<string>();
  let folder = "";
  const vendor: DrillVendor = {
    truth: {
      alive: () =>
        aws.iam.of(USER).flatMap(({ id, secret, status }) => (status === "Active" ? [{ id, value: secret }] : [])),
      held: () => ({ app: secretIn(join(folder, "app.json")) }),
      strangers: () => strangers,
    },
    secrets: (name) => ({ VELVET_ACCOUNT_ID: aws.admin.id, VELVET_ACCOUNT_KEY: aws.admin.secret })[name],
    documents: async (given) => {
      folder = given;
      await mkdir(join(folder, "custody"));
      const held = { AWS_ACCESS_KEY_ID: old.id, AWS_SECRET_ACCESS_KEY: old.secret };
      await writeFile(join(folder, "app.json"), JSON.stringify(held));
      return [...accounts(aws.url, folder), documentOf("Credential", CREDENTIAL, spec(credential))];
    },
    [Symbol.asyncDispose]: async () => aws[Symbol.asyncDispose](),
  };
  const world = await DrillWorld.open(vendor);
  const stranger = (): string => {
    const { id } = aws.iam.addKey(USER, Date.now());
    strangers.add(id);
    return id;
  };
  const drill: AwsDrill = { world, aws, old: old.id, stranger };
  return { ...drill, [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose]() };
}

function secretIn(path: string): string | undefined {
  return (JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, string>>)["AWS_SECRET_ACCESS_KEY"];
}

function accounts(endpoint: string, folder: string) {
  const allow = [{ namespaces: [NAMESPACE] }];
  return [
    documentOf("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow }),
    documentOf("VendorAccount", "aws", {
      adapter: "aws",
      endpoint,
      aws: { region: "eu-central-1" },
      auth: [
        { name: "accessKeyId", env: "VELVET_ACCOUNT_ID" },
        { name: "secretAccessKey", env: "VELVET_ACCOUNT_KEY" },
      ],
      allow,
    }),
  ];
}

function spec(more: Partial<CredentialSpec>): object {
  const file = { path: "app.json", format: "json" };
  return {
    credentialName: CREDENTIAL_NAME,
    environment: "test",
    issuer: { account: "aws", aws: { user: USER } },
    custody: { account: "files", file: { path: "custody/token.json", format: "json" }, keys: KEYS },
    readFrom: "app",
    consumers: [{ id: "app", account: "files", file, keys: KEYS, check: { type: "native" } }],
    gates: { mint: "Automatic", revoke: "Automatic" },
    ...more,
  };
}
