using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Text;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl data</c>: the public data sets on which language models are compared.</summary>
internal sealed class DataCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each data set.");

    public Command Create()
    {
        Command list = new("list", "List the known data sets: source, terms, sizes, vocabulary.") { _json };
        list.SetAction(List);
        return new Command("data", "List and prepare public data sets, or write a text whose best possible loss is known.")
        {
            list, new DataPrepareCommand(terminal).Create(), new DataSyntheticCommand(terminal).Create(),
        };
    }

    private int List(ParseResult result)
    {
        if (result.GetValue(_json))
        {
            ListJson();
            return ExitCode.Ok;
        }

        foreach (KnownDataset dataset in KnownDataset.All)
        {
            terminal.OutConsole.Write(new Rows(
                new Spectre.Console.Text($"{dataset.Name}: {dataset.Title}"),
                new Spectre.Console.Text($"  from     {dataset.Source}"),
                new Spectre.Console.Text($"  terms    {dataset.License}"),
                new Spectre.Console.Text($"  splits   {string.Join(", ", dataset.Splits.Select(Describe))}"),
                new Spectre.Console.Text($"  tokens   {Describe(dataset.Vocabulary)}"),
                Spectre.Console.Text.Empty));
        }

        terminal.Out.WriteLine($"{terminal.Program} data prepare NAME --from FILE --to DIR makes one ready for '{terminal.Program} train --data DIR'.");
        return ExitCode.Ok;
    }

    private void ListJson()
    {
        JsonLines lines = new(terminal.Out);
        foreach (KnownDataset dataset in KnownDataset.All)
        {
            lines.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("name", dataset.Name);
                json.WriteString("title", dataset.Title);
                json.WriteString("source", dataset.Source);
                json.WriteString("license", dataset.License);
                json.WriteString("vocabulary", VocabularyKinds.NameOf(dataset.Vocabulary.Kind));
                json.WriteStartArray("splits");
                foreach (DatasetSplit split in dataset.Splits)
                {
                    json.WriteStartObject();
                    json.WriteString("name", split.Name);
                    json.WriteNumber(split.Bytes is null ? "lines" : "bytes", (split.Bytes ?? split.Lines)!.Value);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
        }
    }

    private static string Describe(DatasetSplit split) => split.Bytes is { } bytes
        ? $"{split.Name} {Figures.Count(bytes)} bytes"
        : $"{split.Name} {Figures.Count(split.Lines!.Value)} lines";

    private static string Describe(VocabularyOptions vocabulary) => VocabularyKinds.NameOf(vocabulary.Kind)
        + (vocabulary.Kind != VocabularyKind.Words ? "" : vocabulary.AddDoubleEos ? ", <S> at both ends of each line" : ", <eos> after each line")
        + (vocabulary.LowerCase ? ", lower case" : "")
        + (vocabulary.MinFrequency > 0 ? string.Create(CultureInfo.InvariantCulture, $", those that occur at least {vocabulary.MinFrequency} times") : "");
}
