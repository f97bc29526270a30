// Writes with the page of `txl serve` and takes its picture. Usage: node page.mjs ADDRESS FOLDER
import { chromium } from "playwright-core";

const [address, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const colorScheme of ["light", "dark"]) {
  const page = await browser.newPage({ viewport: { width: 1180, height: 860 }, colorScheme });
  await page.goto(address);
  await page.fill("#text", "ROMEO:\nI dreamt a dream to-night.\n\nMERCUTIO:\n");
  await page.evaluate(() => { for (const [id, value] of [["max_tokens", 220], ["temperature", 0.6], ["seed", 5]]) document.getElementById(id).value = value; });
  await page.keyboard.press("Control+Enter");
  await page.locator("#stop").waitFor({ state: "visible" });
  await page.locator("#write").waitFor({ state: "visible" });

  // A letter in the middle of what was written, and what the heads look at from there.
  await page.locator("#text").focus();
  await page.evaluate(() => {
    const text = document.getElementById("text"), place = 160 + text.value.slice(160).search(/[a-z][a-z][a-z]/) + 2;
    text.setSelectionRange(place, place);
  });
  await page.keyboard.press("Alt+a");
  await page.locator("#choices .look").waitFor();
  await page.screenshot({ path: `${folder}/page-choices-${colorScheme}.png` });
  await page.locator("#choices .look").click();
  await page.locator("#heads tr").first().waitFor();
  await page.locator("#heads button").nth(1).click();
  await page.screenshot({ path: `${folder}/page-attention-${colorScheme}.png`, fullPage: true });
  await page.close();
}
await browser.close();
