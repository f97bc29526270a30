using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Settings;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Options;

/// <summary>Settings of a new run: options override the file, the file overrides the preset, the preset overrides the initial model.</summary>
internal sealed class SettingsOptions
{
    private readonly Option<string?> _preset = PresetOption.Create("Model and recipe, such as tiny (a minute) or small; see 'txl presets'. [default: none]");

    private readonly Option<string?> _file = NewOption.Text("--config", "FILE", "JSON configuration; options override it, it overrides --preset. [default: none]");

    private readonly Option<bool> _print = NewOption.Flag("--print-config", "Print the resulting configuration and the source of each value; train nothing.");

    public void AddTo(Command command)
    {
        command.Add(_preset);
        command.Add(_file);
        command.Add(_print);
    }

    /// <summary>Whether to print the configuration only.</summary>
    public bool Prints(ParseResult result) => result.GetValue(_print);

    /// <inheritdoc cref="Prints(ParseResult)"/>
    public bool Prints(SymbolResult result) => result.GetValue(_print);

    /// <summary>Whether a configuration file is given, which may name the text.</summary>
    public bool NamesFile(SymbolResult result) => result.GetResult(_file) is not null;

    /// <summary>The given options of this group, which cannot be used when a run is resumed.</summary>
    public IEnumerable<string> Given(SymbolResult result) =>
        ((Option[])[_preset, _file, _print]).Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name);

    /// <summary>Rejects a new run without a text.</summary>
    /// <exception cref="InputException">Neither options nor file name one.</exception>
    public void RequireText(RunSettings settings, ParseResult result)
    {
        if (settings.Configuration.Corpus is null or { Path: null, TrainPath: null, ValidationPath: null, TestPath: null })
        {
            throw new InputException($"no text is named: {result.GetValue(_file)} has neither corpus.path nor corpus.trainPath and corpus.validationPath, and there is no --data PATH, or --train PATH and --valid PATH");
        }
    }

    /// <summary>Merges the layers of settings.</summary>
    /// <param name="run">The other options.</param>
    /// <param name="result">The command line.</param>
    /// <param name="initial">The model whose weights the run begins with, or null.</param>
    /// <exception cref="InputException">The file cannot be used.</exception>
    public RunSettings Read(RunOptions run, ParseResult result, ModelFolder? initial)
    {
        RunSettings settings = run.Task(result) is { } task ? RunSettings.Standard.Apply(TaskPresets.Of(task, initial is null, run.NamesVocabulary(result))) : RunSettings.Standard;
        settings = initial is null ? settings : InitialModelOptions.Over(settings, initial);
        settings = result.GetValue(_preset) is { } preset ? settings.Apply(Find(preset, run.Task(result))) : settings;
        settings = result.GetValue(_file) is { } file ? settings.ApplyFile(file) : settings;
        return run.Apply(settings, result);
    }

    private static Preset Find(string name, TaskKind? task)
    {
        Preset preset = Preset.Find(name);
        return preset.Task is { } needed && needed != task
            ? throw new InputException($"--preset {name} is for --task {needed.ToString().ToLowerInvariant()}; {(task is { } given ? $"leave it out for --task {given.ToString().ToLowerInvariant()}" : "add that option, and examples with labels")}")
            : preset;
    }
}
