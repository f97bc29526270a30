using System.CommandLine;
using TransformerXL.Training.Presets;

namespace TransformerXL.Cli.Options;

/// <summary>An option that takes the name of a preset.</summary>
internal static class PresetOption
{
    /// <summary>Creates the option; an unknown preset is a usage error.</summary>
    public static Option<string?> Create(string description)
    {
        Option<string?> option = NewOption.Text("--preset", "NAME", description);
        option.Validators.Add(result =>
        {
            try
            {
                Preset.Find(result.GetValue(option) ?? "");
            }
            catch (InputException exception)
            {
                result.AddError($"--preset: {exception.Message}");
            }
        });
        option.CompletionSources.Add(_ => Preset.All.Select(preset => new System.CommandLine.Completions.CompletionItem(preset.Name)));
        return option;
    }
}
