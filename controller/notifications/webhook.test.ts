import { describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { openWebhook } from "../../test/leak/webhook.ts";
import { parseWebhook, post, WebhookFailed } from "./webhook.ts";

const never = new AbortController().signal;

describe("the URL that alarms are sent to", () => {
  it.each(["https://hooks.slack.com/services/T0/B0/x", "http://127.0.0.1:8080/hook", "http://localhost/hook"])(
    "may be %s",
    (text) => {
      expect(parseWebhook(text).href).toBe(text);
    },
  );

  it.each([
    ["http://hooks.slack.com/services/T0", "https://"],
    ["ftp://hooks.slack.com", "https://"],
    ["no url", "URL"],
    ["https://user:word@hooks.slack.com/", "no password"],
    [`https://hooks.slack.com/${"x".repeat(2_048)}`, "2048"],
  ])("may not be %s", (text, because) => {
    expect(() => parseWebhook(text)).toThrow(because);
  });
});

describe("a message to it", () => {
  it("is heard with its id", async () => {
    await using webhook = await openWebhook();
    await post(Secret.from(webhook.url), "r/1", { text: "told", attachments: [] }, never);
    expect(webhook.heard).toMatchObject([{ id: "r/1", text: "told" }]);
  });

  it("that is turned away is not heard, and the error says nothing of the URL", async () => {
    await using webhook = await openWebhook();
    webhook.refuse(1);
    const failed = post(Secret.from(`${webhook.url}/token-in-the-path`), "r/1", { text: "" }, never);
    await expect(failed).rejects.toThrow(new WebhookFailed("it answered 503"));
  });

  it("that nobody answers is not heard", async () => {
    await using webhook = await openWebhook();
    const { url } = webhook;
    await webhook[Symbol.asyncDispose]();
    await expect(post(Secret.from(url), "r/1", { text: "" }, never)).rejects.toThrow("no answer");
  });

  it("is bounded", async () => {
    await using webhook = await openWebhook();
    const long = { text: "x".repeat(20_000), attachments: [] };
    await expect(post(Secret.from(webhook.url), "r/1", long, never)).rejects.toThrow("too long");
    expect(webhook.heard).toEqual([]);
  });
});
