using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Options;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
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
        CorpusOptions? text = given.Configuration.Corpus is not { } corpus ? null : new CorpusOptions { Vocabulary = corpus.Vocabulary is null ? null : new VocabularyOptions() };
        return standard.Apply(new SettingOrigin(SettingOriginKind.Option, "--"), c => c with { Corpus = text }).ToJson() == given.ToJson();
    }
}
