using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Models.Families;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Settings;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary>Adapts the settings of a new run to each other and to its text, and reports the settings of a preset that do not apply.</summary>
internal sealed class NewRun(Terminal terminal)
{
    /// <summary>Checks everything that does not need the text.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="text">Whether a text is required.</param>
    /// <exception cref="InputException">A value is not allowed.</exception>
    public RunSettings Check(RunSettings settings, bool text)
    {
        settings = settings.WithFittingSides();
        RunSettings fitting = settings.WithFittingEvaluation();
        if (fitting != settings)
        {
            terminal.Notes.WriteLine("txl: the evaluation of the preset belongs to other lengths of training and is left out; 'txl evaluate' will take what suits these");
        }

        RunSettings shortened = fitting.WithFittingWarmup();
        if (shortened != fitting)
        {
            terminal.Notes.WriteLine($"txl: the warm-up of {Figures.Count(fitting.Configuration.Training.WarmupSteps, "step")} is shortened to {shortened.Configuration.Training.WarmupSteps}, a tenth of --steps {shortened.Configuration.Training.Steps}; --warmup sets another");
            fitting = shortened;
        }

        RequireMeaning(fitting);
        RequireTask(fitting);
        if ((UnusedOptions.Find(fitting) ?? OptionRules.Broken(fitting)) is { } broken)
        {
            throw new InputException(broken);
        }

        fitting.Validate(text);
        return fitting;
    }

    /// <summary>Rejects options that the family of the model does not have.</summary>
    private static void RequireMeaning(RunSettings settings)
    {
        ModelFamily family = settings.Configuration.Model.Family;
        foreach (string member in settings.ForeignMembers)
        {
            SettingOrigin origin = settings.OriginOf(member);
            if (origin.Kind == SettingOriginKind.Option)
            {
                string[] others = [.. ModelFamily.All.Where(other => RunSettings.HasMember(other, member)).Select(other => other.Name)];
                throw new InputException($"{origin.Name} is for --model {string.Join(", ", others)}, not for {family.Name}");
            }
        }
    }

    /// <summary>Rejects options of a task if there is no task.</summary>
    private static void RequireTask(RunSettings settings)
    {
        const string Section = "task.";
        if (settings.Configuration.Task is not null && settings.OriginOf(Section + "kind").Kind == SettingOriginKind.Default
            && settings.OriginsIn(Section).FirstOrDefault(origin => origin.Kind == SettingOriginKind.Option) is { } option)
        {
            throw new InputException($"{option.Name} is for a task, but none is named; add {TaskRunOptions.Task} classify, label or answer");
        }
    }

    /// <summary>The configuration for a text.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="initial">The model whose weights the run begins with, or null.</param>
    public RunConfiguration Configure(RunSettings settings, Corpus corpus, ModelFolder? initial) => Configure(settings, corpus.Vocabulary, initial);

    /// <summary>The configuration for the examples of a task.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="initial">The model whose weights the run begins with, or null.</param>
    public RunConfiguration Configure(RunSettings settings, TaskExamples examples, ModelFolder? initial) =>
        Configure(settings.WithFittingHead(examples.Head), examples.Vocabulary, initial) with { Head = examples.Head };

    /// <summary>Whether a folder already holds a run with these settings and a checkpoint, so that it can be resumed.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="initial">The model whose weights the run begins with, or null.</param>
    public bool IsIn(string path, RunSettings settings, ModelFolder? initial)
    {
        if (RunDirectory.Find(path) is not { HasSaved: true } run)
        {
            return false;
        }

        RunConfiguration stored = run.ReadConfiguration();
        RunSettings fitting = stored.Head is { } head ? settings.WithFittingHead(head) : settings;
        return stored.SaysTheSameAs(Sized(fitting, run, stored, initial) with { Origin = initial?.Path, Head = stored.Head });
    }

    /// <summary>The configuration for the vocabulary of a run, or for one of its size where the run gives no more.</summary>
    private RunConfiguration Sized(RunSettings settings, RunDirectory run, RunConfiguration stored, ModelFolder? initial) =>
        !stored.Model.IsCausal && File.Exists(run.VocabularyFile) ? Configure(settings, run.ReadVocabulary(), initial) : Configure(settings, stored.Model.VocabularySize, initial);

    private RunConfiguration Configure(RunSettings settings, Vocabulary vocabulary, ModelFolder? initial)
    {
        RunConfiguration configuration = Configure(settings, vocabulary.Count, initial);
        configuration = configuration with { Model = configuration.Model.ForVocabulary(vocabulary) };
        // Here, so that the message names the option of a value that does not fit the vocabulary.
        TransformerXL.Require.Within("model", configuration.Model.Validate);
        return configuration;
    }

    private RunConfiguration Configure(RunSettings settings, int vocabularySize, ModelFolder? initial)
    {
        if (initial is not null)
        {
            return settings.Configuration with { Model = InitialModelOptions.Fitting(settings.Configuration.Model, initial) };
        }

        RunConfiguration configuration = settings.For(vocabularySize, out IReadOnlyList<int> leftOut);
        if (leftOut.Count > 0)
        {
            terminal.Notes.WriteLine($"txl: the vocabulary has {vocabularySize} tokens; of the preset's cutoffs {string.Join(", ", leftOut)} {(leftOut.Count == 1 ? "is" : "are")} left out");
        }

        return configuration;
    }
}
