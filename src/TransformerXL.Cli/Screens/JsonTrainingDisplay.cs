using TransformerXL.Cli.Terminals;
using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>Prints every report as a line of JSON.</summary>
internal sealed class JsonTrainingDisplay(TextWriter writer) : ITrainingDisplay
{
    private readonly JsonLines _lines = new(writer);

    public void Report(TrainingReport value) => _lines.Write(json => ReportJson.Write(json, value));

    public void Report(ValidationProgress value)
    {
    }

    public Task ShowAsync(Task training, CancellationToken stop) => training;
}
