using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Runs that read words or byte pairs, from the training to the text that they write.</summary>
public class TokenKindTests
{
    [Fact]
    public async Task Byte_pairs_are_learnt_trained_on_evaluated_and_written()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        string trained = await FakeTerminal.OutputOf(TinyRun.Train(data, run, 10, "--vocabulary", "byte-pairs", "--max-vocabulary", "300"));
        Assert.Contains("vocabulary of 300 tokens", trained, StringComparison.Ordinal);
        using JsonDocument result = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", run, "--json", "--threads", "1"));
        JsonElement root = result.RootElement;
        Assert.True(root.GetProperty("characters").GetInt64() > root.GetProperty("tokens").GetInt64());
        Assert.Equal(
            root.GetProperty("loss").GetDouble() * root.GetProperty("tokens").GetInt64() / Math.Log(2) / root.GetProperty("characters").GetInt64(),
            root.GetProperty("bits_per_character").GetDouble(),
            1e-9);
        Assert.InRange(root.GetProperty("unigram_perplexity").GetDouble(), 1, 300);
        using JsonDocument written = JsonDocument.Parse(await FakeTerminal.OutputOf("generate", run, "the model", "--tokens", "12", "--seed", "2", "--json", "--threads", "1"));
        Assert.Equal((12, "tokens"), (written.RootElement.GetProperty("tokens").GetInt32(), written.RootElement.GetProperty("ended_by").GetString()));
        string text = await FakeTerminal.OutputOf("generate", run, "the model", "--tokens", "12", "--seed", "2", "--threads", "1");
        Assert.Equal(text.TrimEnd('\r', '\n'), written.RootElement.GetProperty("text").GetString()!.TrimEnd('\r', '\n'));
    }

    [Fact]
    public async Task Byte_pairs_take_any_file_and_the_vocabulary_of_another_run()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new byte[6000];
        new Random(2).NextBytes(bytes);
        File.WriteAllBytes(folder["noise"], bytes);
        await FakeTerminal.OutputOf(TinyRun.Train(folder["noise"], folder["one"], 1, "--vocabulary", "byte-pairs", "--max-vocabulary", "260"));
        await FakeTerminal.OutputOf(TinyRun.Train(folder["noise"], folder["two"], 1, "--vocabulary", "byte-pairs", "--vocabulary-file", folder["one/vocabulary.json"]));
        Assert.Equal(File.ReadAllText(folder["one/vocabulary.json"]), File.ReadAllText(folder["two/vocabulary.json"]));
    }

    [Theory]
    [InlineData("--lower-case")]
    [InlineData("--no-eos")]
    [InlineData("--sentences")]
    [InlineData("--delimiter", ",")]
    public async Task A_vocabulary_of_words_says_itself_how_words_are_read(params string[] option)
    {
        using TemporaryFolder folder = new();
        string text = TinyRun.WriteText(folder);
        await FakeTerminal.OutputOf(TinyRun.Train(text, folder["one"], 1, "--vocabulary", "words"));
        string[] again = TinyRun.Train(text, folder["two"], 1, "--vocabulary", "words", "--vocabulary-file", folder["one/vocabulary.json"]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. again, .. option]));
        Assert.Contains("says itself how words are read", terminal.Error, StringComparison.Ordinal);
        await FakeTerminal.OutputOf(again);
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("characters")]
    public async Task A_kind_without_a_file_and_a_file_contradict_each_other(string kind)
    {
        using TemporaryFolder folder = new();
        string words = folder.Write("words.txt", "<unk>\nthe\n");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 1, "--vocabulary", kind, "--vocabulary-file", words)));
        Assert.Contains($"a vocabulary of {kind} is made without a file", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("(--vocabulary-file, --vocabulary)", terminal.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_are_measured_beside_their_frequencies()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 10, "--vocabulary", "words"));
        Assert.Contains("per word, by frequency in the training text", await FakeTerminal.OutputOf("evaluate", run, "--threads", "1"), StringComparison.Ordinal);
        using JsonDocument other = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", run, "--data", data, "--json", "--threads", "1"));
        Assert.InRange(other.RootElement.GetProperty("unigram_perplexity").GetDouble(), 2, 30);
    }

    [Fact]
    public async Task Marked_sentences_are_trained_on_in_any_order_and_gone_on_with()
    {
        using TemporaryFolder folder = new();
        string data = folder["lines.txt"], run = folder["run"];
        File.WriteAllText(data, TinyRun.Text().Replace(". ", ".\n", StringComparison.Ordinal));
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 4, "--vocabulary", "words", "--sentences", "--order", "sentences"));
        string more = await FakeTerminal.OutputOf("train", "--resume", run, "--steps", "6", "--threads", "1");
        Assert.Contains("Trained 6 steps", more, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_is_no_UTF_8_gets_the_advice_of_its_command()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"], bad = folder["bad.txt"];
        File.WriteAllBytes(bad, [0x61, 0xFF, 0x62]);
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 1));
        using FakeTerminal evaluate = new(), train = new();
        Assert.Equal(ExitCode.BadInput, await evaluate.RunAsync("evaluate", run, "--data", bad));
        Assert.EndsWith("Convert the file to UTF-8; the vocabulary of characters that it must be read with supports only UTF-8 text", evaluate.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, await train.RunAsync(TinyRun.Train(bad, folder["other"], 1)));
        Assert.Contains("(--vocabulary bytes)", train.Error, StringComparison.Ordinal);
    }
}
