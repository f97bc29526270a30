using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Options;
using TransformerXL.Inference;
using TransformerXL.Inference.Watching;
using TransformerXL.Models;
using TransformerXL.Server;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Tests;

/// <summary>What a command does without options is what the library does with the options of its own defaults.</summary>
public sealed class DefaultsTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>
{
    [Fact]
    public void Commands_without_options_use_the_defaults_of_the_library()
    {
        using CpuBackend backend = new(threads: 1);
        using FakeTerminal terminal = new();
        ModelFolder model = ModelFolder.Load(fixture.Run);
        ContextConfiguration context = model.Configuration.Context;

        GenerateCommand generate = new(terminal.Terminal);
        GenerationOptions writing = generate.Options(generate.Create().Parse([fixture.Run]), model, backend);
        GenerationOptions standard = GenerationOptions.ForTrained(context);

        // The seed of a command is random, and printed; a program gets the same text each time.
        Assert.Equal(standard with { Seed = writing.Seed, Stop = writing.Stop, StopTokens = writing.StopTokens }, writing);
        Assert.Equal((standard.Stop.Count, standard.StopTokens.Count), (writing.Stop.Count, writing.StopTokens.Count));

        ScoreCommand score = new(terminal.Terminal);
        Assert.Equal(ScoringOptions.ForTrained(context), score.Options(score.Create().Parse([fixture.Run, "file"]), model, backend));

        EvaluateCommand evaluate = new(terminal.Terminal);
        Assert.Equal(EvaluationOptions.ForTrained(context), evaluate.Options(evaluate.Create().Parse([fixture.Run]), model, backend));
    }

    [Fact]
    public void Embedding_and_watching_without_options_use_the_defaults_of_the_library()
    {
        using CpuBackend backend = new(threads: 1);
        using FakeTerminal terminal = new();
        ModelFolder model = ModelFolder.Load(fixture.Run);
        ContextConfiguration context = model.Configuration.Context;

        WatchCommand watch = new(terminal.Terminal);
        Assert.Equal(WatchOptions.ForTrained(context), watch.Options(watch.Create().Parse([fixture.Run]), model, backend));

        EmbeddingRunOptions embedding = new();
        MachineOptions machine = new();
        Command command = new("embed");
        embedding.AddTo(command);
        machine.AddTo(command);
        // The model serves the command alone.
        EmbeddingOptions standard = EmbeddingOptions.ForTrained(context);
        Assert.Equal(standard with { Session = standard.Session with { OwnsModel = true } }, embedding.Read(command.Parse([]), model, backend, machine, terminal.Terminal, normalizes: false));
    }

    [Fact]
    public void A_server_without_options_uses_the_defaults_of_the_library()
    {
        using FakeTerminal terminal = new();
        ServeOptions options = new();
        Command command = new("serve");
        options.AddTo(command);
        ServerOptions given = new ServeRun(terminal.Terminal, options, command.Parse([fixture.Run])).Options(null);
        Assert.Equal((0, 0, 0), (given.ApiKeys.Count, given.Origins.Count, given.AllowedHosts.Count));
        Assert.Equal(Environment.ProcessorCount, given.Threads);
        ServerOptions standard = new()
        {
            Models = given.Models,
            ApiKeys = given.ApiKeys,
            Origins = given.Origins,
            AllowedHosts = given.AllowedHosts,
            Threads = given.Threads,
            Clock = given.Clock,
        };
        Assert.Equal(standard, given);
    }

    [Fact]
    public void Every_default_of_an_option_of_a_run_is_the_default_of_the_library()
    {
        RunSettings standard = RunSettings.Standard;
        RunOptions options = new();
        Command command = new("train");
        options.AddTo(command);
        int compared = 0;
        foreach (Option option in command.Options.Where(option => option.HasDefaultValue && option.GetDefaultValue() is not null))
        {
            string value = Convert.ToString(option.GetDefaultValue(), CultureInfo.InvariantCulture)!;
            RunSettings given = options.Apply(standard, command.Parse([option.Name, value]));
            Assert.True(SameButForText(standard, given), $"{option.Name} {value} is not the default of the library");
            compared++;
        }

        Assert.InRange(compared, 40, 100);
    }

    /// <summary>An option of the text makes objects of options that are otherwise absent.</summary>
    private static bool SameButForText(RunSettings standard, RunSettings given)
    {
        RunSettings same = given.Configuration.Corpus is not { } corpus ? standard : standard.Apply(
            new SettingOrigin(SettingOriginKind.Option, "--"), "corpus", new JsonObject { ["vocabulary"] = corpus.Vocabulary is null ? null : new JsonObject() });
        return same.ToJson() == given.ToJson();
    }
}
