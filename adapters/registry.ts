/** Every adapter of this build: one folder, one line. */
import type { Adapter } from "./contract.ts";
import { aws } from "./aws/aws.ts";
import { cloudflare } from "./cloudflare/cloudflare.ts";
import { file } from "./file/file.ts";
import { github } from "./github/github.ts";
import { heroku } from "./heroku/heroku.ts";
import { http } from "./http/http.ts";
import { infisical } from "./infisical/infisical.ts";
import { kubernetes } from "./kubernetes/kubernetes.ts";
import { manual } from "./manual/manual.ts";
import { postgres } from "./postgres/postgres.ts";
import { postmark } from "./postmark/postmark.ts";
import { random } from "./random/random.ts";

export const adapters: Readonly<Record<string, Adapter>> = {
  aws,
  cloudflare,
  file,
  github,
  heroku,
  http,
  infisical,
  kubernetes,
  manual,
  postgres,
  postmark,
  random,
};
