using System.Globalization;
using System.Text.Json;
using TransformerXL.Training;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>Configuration and machine of a run as tables.</summary>
internal static class RunFacts
{
    /// <summary>The values of <c>config.json</c> with their names, a table for each group.</summary>
    public static IReadOnlyList<ReportPart> Configuration(RunConfiguration configuration)
    {
        List<ReportPart> tables = [];
        JsonElement root = JsonSerializer.SerializeToElement(configuration, RunJson.Default.RunConfiguration);
        foreach (JsonProperty group in root.EnumerateObject().Where(group => group.Value.ValueKind == JsonValueKind.Object))
        {
            List<(string, string)> facts = [];
            Flatten(group.Value, "", facts);
            tables.Add(new FactTable(group.Name, facts));
        }

        return tables;
    }

    /// <summary>All values of <c>config.json</c> under their whole names, such as <c>training.steps</c>.</summary>
    public static IReadOnlyList<(string Name, string Value)> All(RunConfiguration configuration)
    {
        List<(string, string)> facts = [];
        Flatten(JsonSerializer.SerializeToElement(configuration, RunJson.Default.RunConfiguration), "", facts);
        return facts;
    }

    /// <summary>A table for each machine that the run used; parts on the same machine share one table.</summary>
    public static IReadOnlyList<ReportPart> Machine(RunHistory history)
    {
        List<ReportPart> tables = [.. history.Parts.GroupBy(part => part.Machine).Select(Table)];
        if (history.PartCount > history.Parts.Count)
        {
            tables.Add(new Paragraph($"The run was resumed {history.PartCount - 1} times; only the last {history.Parts.Count} parts are shown."));
        }

        return tables;
    }

    private static FactTable Table(IGrouping<MachineDescription, RunPart> parts) => new(parts.Key.Processor,
    [
        ("instruction set", parts.Key.InstructionSet),
        ("threads", parts.Key.Threads.ToString(CultureInfo.InvariantCulture)),
        (".NET", parts.Key.Runtime),
        ("system", parts.Key.System),
        .. parts.Select(part => (part.Step == 0 ? "began" : string.Create(CultureInfo.InvariantCulture, $"resumed after step {part.Step:N0}"), part.Time.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture))),
    ]);

    private static void Flatten(JsonElement element, string prefix, List<(string, string)> facts)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                Flatten(property.Value, $"{prefix}{property.Name}.", facts);
            }
            else
            {
                facts.Add((prefix + property.Name, property.Value.ToString()));
            }
        }
    }
}
