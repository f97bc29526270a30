using System.Text;
using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What <c>generate</c> and <c>score</c> make of the end of a prompt and of special tokens in it.</summary>
public sealed class PromptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_prompt_that_ends_within_a_token_gets_a_hint_and_can_be_healed()
    {
        string run = await TrainPairs();
        FakeTerminal hinted = await Generate(run, "the mod");
        Assert.Contains("hint: the prompt ends with the token", hinted.Error, StringComparison.Ordinal);
        Assert.Contains("--heal", hinted.Error, StringComparison.Ordinal);
        FakeTerminal healed = await Generate(run, "the mod", "--heal");
        Assert.DoesNotContain("hint:", healed.Error, StringComparison.Ordinal);
        Assert.Contains("of them healed", healed.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await Generate(run, "the mod", "--heal", "--json")).Out);
        Assert.True(json.RootElement.GetProperty("prompt_healed").GetInt32() > 0);
        Assert.DoesNotContain("hint:", (await Generate(run, "the model reads a token.")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vocabulary_that_cannot_be_healed_says_why()
    {
        string data = TinyRun.WriteText(_folder), run = _folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 2));
        FakeTerminal refused = new();
        Assert.Equal(1, await refused.RunAsync("generate", run, "the", "--tokens", "3", "--heal", "--threads", "1"));
        Assert.Contains("every character is a token", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Special_tokens_are_read_as_text_where_that_is_asked_for()
    {
        string run = await TrainPairs("--vocabulary-file", WriteTokenizer());
        Assert.Equal(1 + 1, await PromptTokens(run));
        Assert.Equal(1 + "<|end|>".Length, await PromptTokens(run, "--special-as-text"));
        File.WriteAllText(_folder["a.txt"], "a<|end|>");
        Assert.Equal(2, (await FakeTerminal.OutputOf("score", run, _folder["a.txt"], "--threads", "1")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(8, (await FakeTerminal.OutputOf("score", run, _folder["a.txt"], "--special-as-text", "--threads", "1")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static async Task<int> PromptTokens(string run, params string[] options)
    {
        using var json = JsonDocument.Parse((await Generate(run, "a<|end|>", [.. options, "--json"])).Out);
        return json.RootElement.GetProperty("prompt_tokens").GetInt32();
    }

    private static async Task<FakeTerminal> Generate(string run, string prompt, params string[] options)
    {
        FakeTerminal terminal = new();
        Assert.Equal(0, await terminal.RunAsync(["generate", run, prompt, "--tokens", "5", "--seed", "2", "--threads", "1", .. options]));
        return terminal;
    }

    private async Task<string> TrainPairs(params string[] options)
    {
        string data = TinyRun.WriteText(_folder), run = _folder["run"];
        string[] vocabulary = options.Length > 0 ? options : ["--max-vocabulary", "300"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 2, ["--vocabulary", "byte-pairs", .. vocabulary]));
        return run;
    }

    /// <summary>The single bytes, under the names that other programs give them, and a special token, behind a byte order mark.</summary>
    private string WriteTokenizer()
    {
        IEnumerable<int> printable = Enumerable.Range('!', 94).Concat(Enumerable.Range(0xA1, 12)).Concat(Enumerable.Range(0xAE, 82));
        IEnumerable<int> others = Enumerable.Range(0x100, 256 - printable.Count());
        string tokens = string.Join(',', printable.Concat(others).Select((code, id) => $"{JsonSerializer.Serialize(((char)code).ToString())}:{id}"));
        string path = _folder["tokenizer.json"];
        File.WriteAllText(
            path,
            $$$"""{"added_tokens":[{"id":256,"content":"<|end|>"}],"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"vocab":{{{{tokens}}}},"merges":[]}}""",
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        return path;
    }
}
