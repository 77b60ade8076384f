import { aws } from "../../../adapters/aws/aws.ts";
import { openAwsEmulator } from "../../../adapters/aws/emulator.ts";
import { currentOf } from "../../../adapters/aws/emulator-secrets.ts";
import type { Call } from "../../../adapters/emulator/emulator.ts";
import { accountAt, issued, kept, part, plugged } from "./parts.ts";
import type { EmulatedSetup, IssuerPlug, PlugOptions, SinkPlug } from "./plug.ts";

const USER = "orders-app";
const FOLDER = "/orders/production";
const SECRET = "orders/production";

async function openWorld({ now, clock }: PlugOptions) {
  // Requests are signed by the machine's clock, which is far from the story's.
  const vendor = await openAwsEmulator({ now, skewMs: Infinity });
  const auth = { accessKeyId: vendor.admin.id, secretAccessKey: vendor.admin.secret };
  const account = accountAt(vendor.url, auth, { config: { region: "eu-central-1" } });
  return { vendor, connection: aws.connect(account, clock) };
}

/** Every request is a POST: what it does stands in it. */
function changes({ headers, text }: Call): boolean {
  const target = headers["x-amz-target"];
  const action = typeof target === "string" ? target : (new URLSearchParams(text).get("Action") ?? "");
  return /(^|\.)(Create|Update|Delete|Put|Label|Unlabel)/.test(action);
}

async function openKeys(options: PlugOptions): Promise<IssuerPlug> {
  const { vendor, connection } = await openWorld(options);
  vendor.iam.addUser(USER);
  const original = vendor.iam.addKey(USER, options.now() - 86_400_000);
  return {
    ...plugged(vendor, connection, [vendor], changes),
    issuer: part(connection.issuer?.({ user: USER })),
    originalId: original.id,
    keys: () =>
      vendor.iam.of(USER).map(({ id, secret }) => ({
        id,
        value: { accessKeyId: id, secretAccessKey: secret },
        live: vendor.iam.accepted(id, options.now()) !== undefined,
      })),
  };
}

async function openParameters(options: PlugOptions): Promise<SinkPlug> {
  const { vendor, connection } = await openWorld(options);
  return {
    ...plugged(vendor, connection, [vendor], changes),
    sink: part(connection.sink?.({ parameters: { path: FOLDER } })),
    values: () =>
      Object.fromEntries(
        [...vendor.ssm.parameters.values()].flatMap(({ name, versions }) => {
          const value = versions.at(-1)?.value;
          return value !== undefined && name.startsWith(`${FOLDER}/`) ? [[name.slice(FOLDER.length + 1), value]] : [];
        }),
      ),
    plant: (values) => {
      for (const [name, value] of Object.entries(values)) {
        const request = { Name: `${FOLDER}/${name}`, Value: value, Type: "SecureString", Overwrite: true };
        vendor.ssm.put(request, options.now(), "somebody");
      }
    },
  };
}

async function openSecret(options: PlugOptions): Promise<SinkPlug> {
  const { vendor, connection } = await openWorld(options);
  const read = () => {
    const secret = vendor.secrets.secrets.get(SECRET);
    return secret?.versions.get(currentOf(secret) ?? "")?.text ?? "{}";
  };
  return {
    ...plugged(vendor, connection, [vendor], changes),
    sink: part(connection.sink?.({ secret: { name: SECRET } })),
    values: () => JSON.parse(read()) as Record<string, string>,
    plant: (values) => void vendor.secrets.plant(SECRET, JSON.stringify(values), options.now()),
  };
}

export const AWS: Readonly<Record<string, EmulatedSetup>> = {
  "aws-access-key/1x": issued(
    { mintClass: "unmarked", exclusive: true, maxLive: 2, fields: ["accessKeyId", "secretAccessKey"] },
    openKeys,
  ),
  "aws-parameters/1x": kept({ sink: "readable" }, openParameters),
  "aws-secret/1x": kept({ sink: "cas" }, openSecret),
};
