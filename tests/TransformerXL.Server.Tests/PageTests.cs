using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace TransformerXL.Server.Tests;

/// <summary>The page at <c>/</c> in Debian's Chromium.</summary>
public sealed partial class PageTests(PageBrowser browser) : IClassFixture<PageBrowser>
{
    [SkippableFact]
    public async Task A_text_is_continued_and_comes_back_after_a_reload()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 40);
        string written = await page.Locator("#text").InputValueAsync();
        Assert.StartsWith("The river", written, StringComparison.Ordinal);
        Assert.Equal("The river".Length + 40, Characters(written));
        await Expect(page.Locator("#gauge")).ToContainTextAsync("50 tokens read");
        await page.ReloadAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync(written);
        await WriteAsync(page, 10);
        await Expect(page.Locator("#gauge")).ToContainTextAsync("60 tokens read");
    }

    [SkippableFact]
    public async Task Writing_is_stopped_and_replaced()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The river");
        await page.Locator("#settings summary").ClickAsync();
        await page.Locator("#max_tokens").FillAsync("60000");

        // The page gets the first part of the answer, and no more until the request is aborted: all tokens could be written before the key is pressed.
        await page.EvaluateAsync(
            """
            () => {
              const send = fetch;
              window.fetch = async (path, options) => {
                const answer = await send(path, options);
                if (!path.endsWith("/generate")) return answer;
                window.fetch = send;
                const reader = answer.body.getReader(), aborted = new Promise((_, reject) => options.signal.addEventListener("abort", () => reject(options.signal.reason)));
                let parts = 0;
                return new Response(new ReadableStream({ pull: async stream => stream.enqueue(parts++ === 0 ? (await reader.read()).value : await aborted) }));
              };
            }
            """);
        await page.Locator("#write").ClickAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync(LongerThanTheBeginning());
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#status")).ToHaveTextAsync("Stopped.");
        string stopped = await page.Locator("#text").InputValueAsync();
        Assert.InRange(stopped.Length, 10, 60_008);
        await page.Locator("#max_tokens").FillAsync("5");
        await page.Locator("#again").ClickAsync();
        await Expect(page.Locator("#write")).ToBeVisibleAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync(FiveTokens());

        // A setting that the server refuses writes nothing, so that the continuation before is still the one to replace.
        await page.Locator("#top_p").FillAsync("0");
        await page.Locator("#write").ClickAsync();
        await Expect(page.Locator("#banner")).ToContainTextAsync("top_p");
        await page.Locator("#top_p").FillAsync("0.9");
        await page.Locator("#again").ClickAsync();
        await Expect(page.Locator("#write")).ToBeVisibleAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync(FiveTokens());
    }

    [SkippableFact]
    public async Task A_reload_in_the_middle_of_an_answer_keeps_what_was_shown_and_goes_on_from_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 10);
        await page.EvaluateAsync("document.getElementById('max_tokens').value = 60000");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#text")).ToHaveValueAsync(new Regex("^[\\s\\S]{40}"));
        await page.ReloadAsync();
        string kept = await page.Locator("#text").InputValueAsync();
        Assert.True(kept.Length >= 40, kept);
        await page.EvaluateAsync("document.getElementById('temperature').value = 0");
        await WriteAsync(page, 20);
        JsonNode alone = await server.JsonAsync("/v1/completions", new JsonObject { ["prompt"] = kept, ["max_tokens"] = 20, ["temperature"] = 0 }.ToJsonString());
        Assert.Equal(kept + (string)alone["choices"]![0]!["text"]!, await page.Locator("#text").InputValueAsync());
    }

    [SkippableFact]
    public async Task Two_windows_lose_no_text_and_go_on_with_each_others()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage one = await browser.OpenAsync(server.Address);
        await one.Locator("#text").FillAsync("The river");
        await WriteAsync(one, 10);
        IPage two = await one.Context.NewPageAsync();
        await two.GotoAsync(server.Address.ToString());
        await two.Locator("#new").ClickAsync();
        await two.Locator("#text").FillAsync("second");
        await Expect(one.Locator("#texts li")).ToHaveCountAsync(2);
        await one.Locator("#new").ClickAsync();
        await one.Locator("#text").FillAsync("third");
        await Expect(two.Locator("#texts li")).ToHaveCountAsync(3);
        await two.ReloadAsync();
        await Expect(two.Locator("#texts li")).ToHaveCountAsync(3);

        // The first text grows in one window, then in the other.
        await one.Locator("#texts .name").Last.ClickAsync();
        await WriteAsync(one, 10);
        string written = await one.Locator("#text").InputValueAsync();
        await two.Locator("#texts .name").Last.ClickAsync();
        await Expect(two.Locator("#text")).ToHaveValueAsync(written);
        await WriteAsync(two, 10);
        await Expect(one.Locator("#text")).ToHaveValueAsync(await two.Locator("#text").InputValueAsync());
        await Expect(one.Locator("#gauge")).ToContainTextAsync("40 tokens read");
        two.Dialog += async (_, dialog) => await dialog.AcceptAsync();
        await two.Locator("#texts li[aria-current] button", new() { HasText = "Delete" }).ClickAsync();
        await Expect(one.Locator("#texts li")).ToHaveCountAsync(2);
    }

    [SkippableFact]
    public async Task Only_models_that_write_are_offered_and_a_text_goes_on_with_its_own()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Encoder, SmallModels.Characters, SmallModels.Topics, SmallModels.Words);
        IPage page = await browser.OpenAsync(server.Address);
        await Expect(page.Locator("#model option")).ToHaveTextAsync([SmallModels.Characters, SmallModels.Words]);
        await page.Locator("#model").SelectOptionAsync(SmallModels.Words);
        await page.Locator("#text").FillAsync("the  penguin keeps");
        await page.EvaluateAsync("document.getElementById('max_tokens').value = 3");
        await page.Locator("#write").ClickAsync();
        await Expect(page.Locator("#status")).ToContainTextAsync("3 tokens in");
        await page.Locator("#colour").CheckAsync();
        await Expect(page.Locator("#status")).ToContainTextAsync("bits per token");
        Assert.Equal(["the", "  penguin", " keeps"], (await page.Locator("#marks span").AllTextContentsAsync()).Take(3));
        await page.ReloadAsync();
        await Expect(page.Locator("#model")).ToHaveValueAsync(SmallModels.Words);
    }

    [SkippableFact]
    public async Task Another_token_is_taken_in_a_fork_by_the_keyboard_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 8);
        string written = await page.Locator("#text").InputValueAsync();
        await page.Locator("#text").FocusAsync();
        int start = await PutCursorAsync(page, 12);
        await page.Keyboard.PressAsync("Alt+a");
        ILocator other = page.Locator("#choices button:not(.own)");
        await Expect(page.Locator("#choices button:not(.look)")).ToHaveCountAsync(10);
        Assert.Contains('%', await other.First.InnerTextAsync());
        await other.First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#texts li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#write")).ToBeVisibleAsync();
        string fork = await page.Locator("#text").InputValueAsync();
        Assert.Equal((written[..start], 21), (fork[..start], Characters(fork)));
        Assert.NotEqual(Rune.GetRuneAt(written, start), Rune.GetRuneAt(fork, start));
        await page.Locator("#texts .name").Nth(1).ClickAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync(written);
    }

    [SkippableFact]
    public async Task What_each_head_looks_at_from_a_token_is_shown_in_the_text_and_in_a_table()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The riv\u00e9 🐧");
        await WriteAsync(page, 8);
        string written = await page.Locator("#text").InputValueAsync();
        await page.Locator("#text").FocusAsync();
        await PutCursorAsync(page, 13);
        await page.Keyboard.PressAsync("Alt+a");
        await page.Locator("#choices .look").ClickAsync();

        // Two layers of two heads; 14 tokens up to the one at the cursor, the token before the text apart.
        await Expect(page.Locator("#heads tr")).ToHaveCountAsync(4);
        await Expect(page.Locator("#marks span")).ToHaveCountAsync(14);
        Assert.Equal(string.Concat(written.EnumerateRunes().Take(14)), string.Concat(await page.Locator("#marks span").AllTextContentsAsync()));
        string mean = await HeatAsync(page);
        await page.Locator("#heads button").Nth(2).ClickAsync();
        await Expect(page.Locator("#heads tr[aria-current]")).ToContainTextAsync("layer 2, head 1");
        Assert.Equal("3", await page.EvaluateAsync<string>("String(document.getElementById('head').selectedIndex)"));
        Assert.NotEqual(mean, await HeatAsync(page));
        Assert.Equal(written, await page.Locator("#text").InputValueAsync());
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#attention")).ToBeHiddenAsync();
        await Expect(page.Locator("#marks span")).ToHaveCountAsync(8);
        Assert.Single((await server.GetAsync("/v1/sessions")).Json["data"]!.AsArray());
    }

    private static Task<string> HeatAsync(IPage page) => page.EvaluateAsync<string>("[...document.querySelectorAll('#marks span')].map(span => span.style.getPropertyValue('--heat-share')).join()");

    [SkippableFact]
    public async Task A_text_is_forked_renamed_and_deleted()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 5);
        await page.Locator("#texts li[aria-current] button", new() { HasText = "Fork" }).ClickAsync();
        await Expect(page.Locator("#texts li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#gauge")).ToContainTextAsync("15 tokens read");
        page.Dialog += async (_, dialog) => await dialog.AcceptAsync("story");
        await AnsweredAsync(page, "PATCH", page.Locator("#texts li[aria-current] button", new() { HasText = "Rename" }));
        await Expect(page.Locator("#texts li[aria-current] .name")).ToHaveTextAsync("story");
        Assert.Contains("story", (await server.GetAsync("/v1/sessions")).Text, StringComparison.Ordinal);
        await AnsweredAsync(page, "DELETE", page.Locator("#texts li[aria-current] button", new() { HasText = "Delete" }));
        await Expect(page.Locator("#texts li")).ToHaveCountAsync(1);
        await Expect(page.Locator("#gauge")).ToContainTextAsync("15 tokens read");
        Assert.Single((await server.GetAsync("/v1/sessions")).Json["data"]!.AsArray());
    }

    [SkippableFact]
    public async Task Names_of_texts_and_forks_are_names_that_the_server_takes()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        string[] names = await page.EvaluateAsync<string[]>(
            """
            async () => {
              const texts = await import(new URL("texts.js", document.querySelector("script[type=module]").src));
              let text = texts.add({ text: "a".repeat(39) + "\u{1F600} hello" });
              const names = [texts.nameOf(text)];
              text = texts.add({ name: "b".repeat(190) });
              for (let i = 0; i < 30; i++) names.push((text = texts.addFork(text)).name);
              return names;
            }
            """);
        Assert.Equal(new string('a', 39), names[0]);
        Assert.All(names, name => Assert.True(name.Length <= 200));
        Assert.Equal([new string('b', 190) + " (fork)", new string('b', 190) + " (fork 2)", new string('b', 190) + " (fork 3)"], names[1..4]);
        Assert.EndsWith(" (fork 30)", names[^1], StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("a\r\nb\r\nc", "a\nb\ncd", "a\r\nb\r\ncd")]
    [InlineData("a\r\nb\r\nc", "a\nbx\nc", "a\r\nbx\r\nc")]
    [InlineData("a\r\nb\r\nc", "ab\nc", "ab\r\nc")]
    [InlineData("a\r\nb", "", "")]
    [InlineData("", "a\nb", "a\nb")]
    [InlineData("a\rb", "a\nb.", "a\rb.")]
    [InlineData("aaa", "aa", "aa")]
    public async Task Editing_keeps_the_line_ends_of_the_rest(string text, string value, string expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        Assert.Equal(expected, await page.EvaluateAsync<string>(
            "async ([text, value]) => (await import(new URL('texts.js', document.querySelector('script[type=module]').src))).edited(text, value)", new[] { text, value }));
    }

    [SkippableFact]
    public async Task Letters_are_added_to_a_text_with_carriage_returns()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.EvaluateAsync("""localStorage.setItem("txl.texts", JSON.stringify({ current: "k", texts: [{ key: "k", name: "", text: "one\r\ntwo", read: "", session: "" }] }))""");
        await page.ReloadAsync();
        await page.Locator("#text").PressAsync("Control+Home");
        await page.Locator("#text").PressAsync("End");
        await page.Locator("#text").PressSequentiallyAsync("!?");
        await Expect(page.Locator("#text")).ToHaveValueAsync("one!?\ntwo");
        await page.WaitForFunctionAsync("""JSON.parse(localStorage.getItem("txl.texts")).texts[0].text === "one!?\r\ntwo" """);
    }

    [SkippableFact]
    public async Task Surprisal_scores_what_was_written_by_hand()
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await page.Locator("#text").FillAsync("The river keeps");
        await page.Locator("#colour").CheckAsync();
        await Expect(page.Locator("#status")).ToContainTextAsync("bits per token");
        await Expect(page.Locator("#marks span")).ToHaveCountAsync(15);
    }

    [SkippableFact]
    public async Task A_lost_server_loses_no_text_and_the_page_goes_on_when_it_is_back()
    {
        TestServer server = await TestServer.StartAsync();
        Uri address = server.Address;
        IPage page = await browser.OpenAsync(address);
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 5);
        string written = await page.Locator("#text").InputValueAsync();
        await server.DisposeAsync();
        await page.Locator("#write").ClickAsync();
        await Expect(page.Locator("#banner")).ToContainTextAsync("does not answer");
        await Expect(page.Locator("#text")).ToHaveValueAsync(written);
        await using TestServer again = await TestServer.StartAsync(options => options with { Port = address.Port });
        await Expect(page.Locator("#banner")).ToBeHiddenAsync(new() { Timeout = 30_000 });
        await WriteAsync(page, 5);
        Assert.Equal(Characters(written) + 5, Characters(await page.Locator("#text").InputValueAsync()));
    }

    [SkippableTheory]
    [InlineData("for (const area of ['localStorage', 'sessionStorage']) Object.defineProperty(window, area, { get() { throw new DOMException('blocked', 'SecurityError'); } });")]
    [InlineData("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };")]
    public async Task Where_storage_is_blocked_or_full_the_page_works_and_keeps_nothing(string script)
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { ApiKeys = ["a-key-of-this-test"] });
        IPage page = await browser.OpenAsync(server.Address, script: script);
        await page.Locator("#key-value").FillAsync("a-key-of-this-test");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#gauge")).ToContainTextAsync("remembers the last");
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 10);
        string written = await page.Locator("#text").InputValueAsync();
        await page.Locator("#new").ClickAsync();
        await Expect(page.Locator("#banner")).ToContainTextAsync("does not keep the texts");
        await page.Locator("#text").FillAsync("second");
        await WriteAsync(page, 3);
        await Expect(page.Locator("#texts li")).ToHaveCountAsync(2);
        await page.Locator("#texts .name").Last.ClickAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync(written);
        foreach (string theme in (string[])["light", "dark", "system"])
        {
            await page.Locator("#theme").ClickAsync();
            await Expect(page.Locator("#theme")).ToHaveTextAsync($"Theme: {theme}");
        }

        await page.ReloadAsync();
        await Expect(page.Locator("#key")).ToBeVisibleAsync();
        await Expect(page.Locator("#text")).ToHaveValueAsync("");
    }

    [SkippableFact]
    public async Task The_limit_of_the_server_is_that_of_the_page()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = options.Limits with { Tokens = 7 } });
        IPage page = await browser.OpenAsync(server.Address);
        await Expect(page.Locator("#gauge")).ToContainTextAsync("remembers the last");
        await page.Locator("#text").FillAsync("The river");
        await page.Locator("#write").ClickAsync();
        await Expect(page.Locator("#status")).ToContainTextAsync("7 tokens in");
    }

    [SkippableFact]
    public async Task A_key_is_asked_for_and_kept_for_the_tab()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { ApiKeys = ["a-key-of-this-test"] });
        IPage page = await browser.OpenAsync(server.Address);
        await Expect(page.Locator("#key-refused")).ToBeHiddenAsync();
        await page.Locator("#key-value").FillAsync("another-key-than-that");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#key-refused")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#key")).ToBeHiddenAsync();
        await Expect(page.Locator("#banner")).ToContainTextAsync("asks for a key");
        await page.ReloadAsync();
        await page.Locator("#key-value").FillAsync("a-key-of-this-test");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#gauge")).ToContainTextAsync("remembers the last");
        await page.Locator("#text").FillAsync("The river");
        await WriteAsync(page, 3);
        await page.ReloadAsync();
        await Expect(page.Locator("#gauge")).ToContainTextAsync("tokens read");
        await Expect(page.Locator("#key")).ToBeHiddenAsync();
    }

    [SkippableTheory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Dark)]
    public async Task Nothing_overflows_and_ink_stands_out_from_the_paper(int width, ColorScheme scheme)
    {
        await using TestServer server = await TestServer.StartAsync();
        IPage page = await browser.OpenAsync(server.Address, width, scheme);
        await page.Locator("#text").FillAsync("The river keeps the stone. " + new string('x', 300));
        await page.Locator("#settings summary").ClickAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        int[] paper = Channels(await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.paper')).backgroundColor"));
        int[] ink = Channels(await page.EvaluateAsync<string>("getComputedStyle(document.body).color"));
        Assert.Equal(scheme == ColorScheme.Dark, paper.Sum() < ink.Sum());
        Assert.True(Math.Abs(paper.Sum() - ink.Sum()) > 400);
    }

    [Fact]
    public async Task The_files_need_no_key_allow_nothing_from_elsewhere_and_are_sent_once()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { ApiKeys = ["a-key-of-this-test"] });
        using HttpResponseMessage first = await server.Client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Equal("text/html", first.Content.Headers.ContentType!.MediaType);
        Assert.Contains("default-src 'none'", first.Headers.GetValues("content-security-policy").Single(), StringComparison.Ordinal);
        using HttpRequestMessage request = new(HttpMethod.Get, "/");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await server.Client.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.NotModified, second.StatusCode);
        foreach (Match file in FileNames().Matches(await first.Content.ReadAsStringAsync()))
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, (await server.GetAsync($"/{file.Groups[1].Value}")).Status);
        }
    }

    /// <summary>Clicks, and waits for the answer to a request of the page: the page shows a change before the server has it.</summary>
    private static Task<IResponse> AnsweredAsync(IPage page, string method, ILocator button) =>
        page.RunAndWaitForResponseAsync(() => button.ClickAsync(), response => response.Request.Method == method);

    private static async Task WriteAsync(IPage page, int tokens)
    {
        int before = Characters(await page.Locator("#text").InputValueAsync());
        await page.EvaluateAsync($"document.getElementById('max_tokens').value = {tokens}");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#text")).ToHaveValueAsync(new Regex($"^{Character}{{{before + tokens}}}$"));
        await Expect(page.Locator("#stop")).ToBeHiddenAsync();
    }

    /// <summary>A token of the model that writes: a character of one or two UTF-16 units.</summary>
    private const string Character = "(?:[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]|[^\\uD800-\\uDFFF])";

    private static int Characters(string text) => text.EnumerateRunes().Count();

    /// <summary>Puts the cursor before a character, counted from 0, and gives its place in UTF-16 units.</summary>
    private static async Task<int> PutCursorAsync(IPage page, int character)
    {
        string text = await page.Locator("#text").InputValueAsync();
        int start = text.EnumerateRunes().Take(character).Sum(rune => rune.Utf16SequenceLength);
        await page.EvaluateAsync($"document.getElementById('text').setSelectionRange({start}, {start})");
        return start;
    }

    private static int[] Channels(string colour) => [.. Numbers().Matches(colour).Take(3).Select(match => int.Parse(match.Value, System.Globalization.CultureInfo.InvariantCulture))];

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();

    [GeneratedRegex("^The river[\\s\\S]+$")]
    private static partial Regex LongerThanTheBeginning();

    [GeneratedRegex("^The river" + Character + "{5}$")]
    private static partial Regex FiveTokens();

    [GeneratedRegex("(?:href|src)=\"([a-z]+\\.(?:css|js))\"")]
    private static partial Regex FileNames();
}
