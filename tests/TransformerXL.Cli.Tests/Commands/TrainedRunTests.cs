using System.Globalization;
using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class TrainedRunTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [Theory]
    [InlineData("lstm", "is for models with attention; a model of the family lstm keeps its state", "evaluate RUN --memory 4", "evaluate RUN --clamp 4", "evaluate RUN --same-length", "score RUN FILE --memory 4", "score RUN FILE --clamp 4", "generate RUN --memory 4", "watch RUN FILE --memory 4", "surprisal RUN FILE --memory 4", "rescore RUN FILE --memory 4 --weight 1", "serve RUN --port 0 --memory 4", "serve RUN --port 0 --clamp 4")]
    [InlineData("al-rfou", "--clamp limits distances, which this model of the family al-rfou does not have", "evaluate RUN --clamp 4", "score RUN FILE --clamp 4", "serve RUN --port 0 --clamp 4")]
    public async Task An_option_that_a_model_does_not_use_is_refused(string family, string message, params string[] lines)
    {
        using TemporaryFolder folder = new();
        string text = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf("train", "--data", text, "--out", run, "--model", family, "--layers", "1", "--model-size", "8", "--target", "8", "--steps", "1", "--sample", "0", "--threads", "1");
        foreach (string line in lines)
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. line.Split(' ').Select(word => word == "RUN" ? run : word == "FILE" ? text : word)]));
            Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_model_that_keeps_a_state_names_no_memory_length()
    {
        using TemporaryFolder folder = new();
        string text = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf("train", "--data", text, "--out", run, "--model", "lstm", "--layers", "1", "--model-size", "8", "--target", "8", "--steps", "1", "--sample", "0", "--threads", "1");
        foreach (string[] line in (string[][])[["evaluate", run, "--json"], ["surprisal", run, text, "--json", "--out", folder["page.html"]]])
        {
            using JsonDocument result = JsonDocument.Parse(await FakeTerminal.OutputOf(line));
            Assert.Equal(JsonValueKind.Null, result.RootElement.GetProperty("memory_length").ValueKind);
        }

        using JsonDocument info = JsonDocument.Parse(await FakeTerminal.OutputOf("info", run, "--json"));
        Assert.Equal(JsonValueKind.Null, info.RootElement.GetProperty("context").GetProperty("memory_length").ValueKind);
        Assert.Contains("segments of 8, the state of all text before", await FakeTerminal.OutputOf("info", run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluation_says_that_the_extended_context_of_the_training_is_left_out()
    {
        using TemporaryFolder folder = new();
        string text = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf("train", "--data", text, "--out", run, "--layers", "1", "--model-size", "8", "--heads", "2", "--target", "8", "--memory", "8", "--extended", "3", "--steps", "1", "--sample", "0", "--threads", "1");
        Assert.Contains("without the extended context of 3 of its training", await FakeTerminal.OutputOf("evaluate", run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluation_reads_the_whole_test_text_by_default()
    {
        using JsonDocument result = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", trained.Run, "--json"));
        int test = (int)(new FileInfo(trained.Data).Length * 0.05);
        Assert.Equal(test - 1, result.RootElement.GetProperty("tokens").GetInt64());
        Assert.Equal(result.RootElement.GetProperty("loss").GetDouble() / Math.Log(2), result.RootElement.GetProperty("bits_per_character").GetDouble(), 1e-9);
        Assert.Equal(16, result.RootElement.GetProperty("memory_length").GetInt32());
    }

    [Theory]
    [InlineData("evaluate RUN --same-length --memory 0", "--same-length needs a --memory of at least 1, but it is 0")]
    [InlineData("context RUN --start 100 --most 50", "--start 100 is above --most 50")]
    [InlineData("context RUN --most 10 --delta 32", "--start 10 to --most 10 in steps of --delta 32 is one context, but the gain of a longer one needs two; a smaller --delta gives more")]
    [InlineData("context RUN --start 1 --most 5000 --delta 1", "5000 contexts, but at most 1000 can be measured; a larger --delta gives fewer")]
    public async Task Lengths_that_do_not_go_together_are_named_as_options(string line, string message)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. line.Split(' ').Select(word => word == "RUN" ? trained.Run : word)]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluation_takes_other_text_and_lengths()
    {
        using JsonDocument result = JsonDocument.Parse(await FakeTerminal.OutputOf(
            "evaluate", trained.Run, "--data", trained.Data, "--target", "5", "--memory", "3", "--clamp", "4", "--batch", "2", "--same-length", "--json"));
        JsonElement root = result.RootElement;
        Assert.Equal((5, 3, 4, 2), (root.GetProperty("target_length").GetInt32(), root.GetProperty("memory_length").GetInt32(), root.GetProperty("clamp_length").GetInt32(), root.GetProperty("batch").GetInt32()));
        Assert.True(root.GetProperty("same_length").GetBoolean());
        Assert.Equal(trained.Data, root.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Evaluation_for_people_names_bits_perplexity_and_speed()
    {
        string output = await FakeTerminal.OutputOf("evaluate", trained.Run, "--split", "valid");
        Assert.All((string[])["validation text", "bits per character", "perplexity", "nats per character", "tokens/s", "memory of 16"], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bf16")]
    [InlineData("int8")]
    public async Task A_lower_precision_is_evaluated_beside_float32_and_its_cost_is_small(string precision)
    {
        using JsonDocument result = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", trained.Run, "--precision", precision, "--json"));
        using JsonDocument exact = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", trained.Run, "--json"));
        JsonElement root = result.RootElement;
        double cost = root.GetProperty("cost_bits_per_character").GetDouble(), bits = root.GetProperty("float32_bits_per_character").GetDouble();
        Assert.Equal((precision, "float32"), (root.GetProperty("precision").GetString(), exact.RootElement.GetProperty("precision").GetString()));
        Assert.Equal(exact.RootElement.GetProperty("bits_per_character").GetDouble(), bits);
        Assert.Equal(root.GetProperty("bits_per_character").GetDouble() - bits, cost, 1e-12);
        Assert.Equal(root.GetProperty("perplexity").GetDouble() - root.GetProperty("float32_perplexity").GetDouble(), root.GetProperty("cost_perplexity").GetDouble(), 1e-9);
        Assert.True(root.GetProperty("float32_tokens_per_second").GetDouble() > 0);

        // Rounding moves logits by about a hundredth; the loss moves by the mean over tokens of p - 1 times that, where signs mostly cancel.
        Assert.InRange(Math.Abs(cost), 1e-9, 0.02);
        Assert.False(exact.RootElement.TryGetProperty("cost_bits_per_character", out _));
    }

    [Fact]
    public async Task The_cost_of_a_precision_is_told_to_people()
    {
        string output = await FakeTerminal.OutputOf("evaluate", trained.Run, "--precision", "int8");
        Assert.Matches(@"float32 +\d\.\d+ bits per character, .* tokens/s", output);

        // A cost that rounds to nothing is shown as 0.
        Assert.Matches(@"cost of int8 +([-+]0\.0\d+|0) bits per character; .* times as fast", output);
        Assert.DoesNotContain("cost of", await FakeTerminal.OutputOf("evaluate", trained.Run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_is_scored_and_written_in_a_lower_precision()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["text.txt"], "the model");
        string exact = await FakeTerminal.OutputOf("score", trained.Run, folder["text.txt"]);
        string[] rounded = [await FakeTerminal.OutputOf("score", trained.Run, folder["text.txt"], "--precision", "bf16"), await FakeTerminal.OutputOf("score", trained.Run, folder["text.txt"], "--precision", "int8")];
        Assert.All(rounded, lines => Assert.Equal(9, lines.TrimEnd('\n').Split('\n').Length));
        Assert.Equal(3, rounded.Append(exact).Distinct().Count());
        string[] write = ["generate", trained.Run, "the", "--tokens", "20", "--seed", "3", "--precision", "int8"];
        string once = await FakeTerminal.OutputOf([.. write, "--threads", "1"]);
        Assert.Equal(once, await FakeTerminal.OutputOf([.. write, "--threads", "2"]));
    }

    [Fact]
    public async Task Generation_gives_as_many_characters_as_asked_and_statistics_apart()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", trained.Run, "the model", "--tokens", "40", "--seed", "3"));
        Assert.Equal(40, terminal.Out.Length);
        Assert.Contains("40 characters in ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("tokens/s; seed 3; prompt of 9", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_seed_writes_the_same_wherever_the_prompt_comes_from()
    {
        string[] options = ["--tokens", "30", "--seed", "5", "--threads", "1"];
        string argument = await FakeTerminal.OutputOf(["generate", trained.Run, "a memory", .. options]);
        using FakeTerminal piped = new(input: "a memory");
        await piped.RunAsync(["generate", trained.Run, "-", .. options]);
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["prompt.txt"], "a memory");
        string file = await FakeTerminal.OutputOf(["generate", trained.Run, "--prompt-file", folder["prompt.txt"], .. options]);
        Assert.Equal(argument, piped.Out);
        Assert.Equal(argument, file);
    }

    [Fact]
    public async Task Another_seed_writes_something_else()
    {
        string first = await FakeTerminal.OutputOf("generate", trained.Run, "--tokens", "60", "--seed", "1", "--temperature", "2");
        Assert.NotEqual(first, await FakeTerminal.OutputOf("generate", trained.Run, "--tokens", "60", "--seed", "2", "--temperature", "2"));
    }

    [Fact]
    public async Task A_stop_string_ends_the_text_before_it()
    {
        using FakeTerminal terminal = new();
        await terminal.RunAsync("generate", trained.Run, "--tokens", "5000", "--seed", "1", "--stop", "zzzz", "--stop", "\\n", "--stop", " ");
        string text = terminal.Out;
        Assert.DoesNotContain(' ', text);
        Assert.DoesNotContain('\n', text);
        Assert.Contains("ended by a stop string", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_text_ends_when_the_user_stops_it()
    {
        using CancellationTokenSource stop = new();
        using NotingStream output = new(_ => stop.Cancel());
        using FakeTerminal terminal = new(output: output);
        Assert.Equal(ExitCode.Cancelled, await terminal.RunAsync(stop.Token, "generate", trained.Run, "--tokens", "0").WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.NotEqual(0, output.Length);
    }

    [Fact]
    public async Task Every_character_of_a_file_gets_a_score()
    {
        using FakeTerminal terminal = new(input: "the model reads?");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("score", trained.Run, "-"));
        string[] lines = terminal.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(16, lines.Length);
        double sum = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            using JsonDocument score = JsonDocument.Parse(lines[i]);
            JsonElement root = score.RootElement;
            Assert.Equal(i, root.GetProperty("position").GetInt64());
            Assert.Equal(root.GetProperty("nll").GetDouble() / Math.Log(2), root.GetProperty("bits").GetDouble(), 1e-9);
            sum += root.GetProperty("nll").GetDouble();
        }

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"16 characters: {sum / 16:0.0000} nats"), terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_cannot_be_scored()
    {
        using FakeTerminal terminal = new(input: "");
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("score", trained.Run, "-"));
        Assert.Contains("is empty", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_tells_model_state_and_checkpoints()
    {
        string output = await FakeTerminal.OutputOf("info", trained.Run);
        Assert.All(
            (string[])["2 layers of 16", "2 heads of 8", "segments of 8, memory of 8", "step 30 of 30", "last (step 30", "text.txt"],
            text => Assert.Contains(text, output, StringComparison.Ordinal));
        using JsonDocument json = JsonDocument.Parse(await FakeTerminal.OutputOf("info", trained.Run, "--json"));
        Assert.Equal(30, json.RootElement.GetProperty("last").GetProperty("step").GetInt64());
        Assert.True(json.RootElement.GetProperty("model").GetProperty("parameters").GetInt64() > 1000);
    }

    [Theory]
    [InlineData("layers", 2, 3)]
    [InlineData("modelSize", 16, 24)]
    public async Task Info_refuses_a_configuration_that_is_not_that_of_the_weights(string member, int value, int other)
    {
        using TemporaryFolder folder = new();
        string run = folder["run"], imported = folder["model"];
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 2));
        await FakeTerminal.OutputOf("export", run, "--out", folder["exported"]);
        await FakeTerminal.OutputOf("import", folder["exported"], "--out", imported);
        foreach (string directory in (string[])[run, imported])
        {
            await FakeTerminal.OutputOf("info", directory);
            string configuration = Path.Combine(directory, "config.json"), json = File.ReadAllText(configuration);
            Assert.Contains($"\"{member}\": {value}", json, StringComparison.Ordinal);
            File.WriteAllText(configuration, json.Replace($"\"{member}\": {value}", $"\"{member}\": {other}", StringComparison.Ordinal));
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("info", directory));
            Assert.Contains("model.safetensors", terminal.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_named_and_is_no_internal_error()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 2));
        foreach (string weights in Directory.GetFiles(folder["run"], "model.safetensors", SearchOption.AllDirectories))
        {
            File.WriteAllBytes(weights, [1, 2, 3]);
        }

        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("generate", folder["run"]));
        Assert.Contains("model.safetensors", terminal.Error, StringComparison.Ordinal);
    }
}
