using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Synthetic;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl data synthetic</c>: a text whose best possible loss is known, or labelled examples that can all be solved.</summary>
internal sealed class DataSyntheticCommand(Terminal terminal) : ICommandDefinition
{
    private const int StandardExamples = 2000;

    private static readonly string[] TextNames = ["recall", "nested", "periodic"];
    private static readonly string[] ExampleNames = ["documents", "questions"];

    private readonly Argument<string> _name = new("NAME") { Description = "Text: recall, nested (brackets) or periodic (blocks). Examples: documents or questions." };
    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Folder to write; created if missing.");
    private readonly Option<long?> _size = NewOption.Whole("--size", "Training text in characters; validation and test have a twentieth each.", 1000L, 1L << 34, 1_000_000L);
    private readonly Option<int?> _examples = NewOption.Whole("--examples", "Training examples; validation and test have a tenth each.", 10, 1 << 24, StandardExamples);
    private readonly Option<ulong?> _seed = NewOption.Whole<ulong>("--seed", "Random seed; the same seed gives the same text.", 0, ulong.MaxValue, 1);
    private readonly Option<int?> _distance = NewOption.Whole("--distance", "Distance of recall, periodic or documents in characters. [default: 1024, 256, 4000]", 1, 1 << 20);
    private readonly Option<int?> _record = NewOption.Whole("--record", "Length of a record of recall in characters. [default: 32]", 10, 1 << 16);
    private readonly Option<int?> _questions = NewOption.Whole("--questions", "Questions per record of recall, or per text of questions. [default: 1, 3]", 1, 1 << 12);
    private readonly Option<bool> _signsFirst = NewOption.Flag("--signs-first", "Write =X7q; and ?X7q; instead of X7=q; and X7?q; in recall.");
    private readonly Option<int?> _depth = NewOption.Whole("--depth", "Maximum depth of nested brackets. [default: 24]", 1, 1 << 16);
    private readonly Option<int?> _times = NewOption.Whole("--times", "Repetitions of each block of periodic. [default: 4]", 1, 1 << 20);
    private readonly Option<int?> _classes = NewOption.Whole("--classes", "Number of labels of documents. [default: 4]", 2, 8);
    private readonly Option<int?> _facts = NewOption.Whole("--facts", "Facts in each text of questions. [default: 6]", 1, 40);
    private readonly Option<int?> _unanswerable = NewOption.Whole("--unanswerable", "Share of questions without an answer, in percent. [default: 0]", 0, 90);
    private readonly Option<int?> _symbols = NewOption.Whole("--symbols", "Number of letters, or of bracket kinds for nested. [default: 26, nested 8]", 1, 26);

    public Command Create()
    {
        _name.CompletionSources.Add([.. TextNames, .. ExampleNames]);
        Command command = new("synthetic", "Write a text whose best possible loss is known for every character, or labelled examples.")
        {
            _name, _out, _size, _examples, _seed, _distance, _record, _questions, _signsFirst, _depth, _times, _symbols, _classes, _facts, _unanswerable,
        };
        command.Validators.Add(result =>
        {
            string name = result.GetResult(_name)?.Tokens is [{ } token, ..] ? token.Value : "";
            if (!TextNames.Contains(name) && !ExampleNames.Contains(name))
            {
                result.AddError($"NAME is '{name}', but must be one of: {string.Join(", ", TextNames.Concat(ExampleNames))}");
            }

            if (result.GetResult(_out) is null)
            {
                result.AddError("name the folder to write: --out DIR");
            }

            foreach ((Option option, string[] owners) in Owners())
            {
                if (result.GetResult(option) is { Implicit: false } && !owners.Contains(name))
                {
                    result.AddError($"{option.Name} is not an option of {name}; it is for {(owners.Length == 1 ? owners[0] : $"{string.Join(", ", owners[..^1])} and {owners[^1]}")}");
                }
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>The kinds that each option applies to.</summary>
    private (Option Option, string[] Owners)[] Owners() =>
    [
        (_size, TextNames), (_examples, ExampleNames), (_distance, ["recall", "periodic", "documents"]), (_record, ["recall"]), (_questions, ["recall", "questions"]),
        (_signsFirst, ["recall"]), (_depth, ["nested"]), (_times, ["periodic"]), (_symbols, [.. TextNames, "documents"]), (_classes, ["documents"]), (_facts, ["questions"]), (_unanswerable, ["questions"]),
    ];

    private Task<int> RunAsync(ParseResult result, CancellationToken stop) =>
        ExampleNames.Contains(result.GetRequiredValue(_name)) ? WriteExamplesAsync(result, stop) : WriteTextAsync(result, stop);

    private async Task<int> WriteTextAsync(ParseResult result, CancellationToken stop)
    {
        SyntheticLanguage language = Language(result);
        string folder = result.GetValue(_out)!;
        long size = result.Get(_size);
        using (StatusLine status = new(terminal))
        {
            await Task.Run(() => SyntheticCorpus.Write(language, folder, size, result.Get(_seed), new WriteStatus(status, size * 11 / 10), stop), stop).ConfigureAwait(false);
        }

        double bits = language.EntropyRate / Math.Log(2);
        terminal.Out.WriteLine($"{language.Name} is ready in {folder}: {language.Description}");
        terminal.Out.WriteLine($"{Figures.Count(size, "character")} to train on; the best possible loss is {Figures.Loss(bits)} bits per character in the long run");
        Hint.Write(terminal, "", $"train --data {ProgramCall.Quote(folder)} --out RUN");
        return ExitCode.Ok;
    }

    private async Task<int> WriteExamplesAsync(ParseResult result, CancellationToken stop)
    {
        SyntheticExamples examples = Examples(result);
        string folder = result.GetValue(_out)!;
        int count = result.Get(_examples);
        using (StatusLine status = new(terminal))
        {
            await Task.Run(() => examples.Write(folder, count, result.Get(_seed), new WriteStatus(status, count * 12L / 10), stop), stop).ConfigureAwait(false);
        }

        terminal.Out.WriteLine($"{examples.Name} is ready in {folder}: {examples.Description}");
        terminal.Out.WriteLine($"{Figures.Count(count, "example")} to train on, {Figures.Count(count / 10)} each to validate and test; all can be solved");
        return ExitCode.Ok;
    }

    private SyntheticExamples Examples(ParseResult result) => result.GetRequiredValue(_name) == "documents"
        ? new LongDocuments(result.GetValue(_distance) ?? 4000, result.GetValue(_classes) ?? 4, result.GetValue(_symbols) ?? 26)
        : new FactQuestions(result.GetValue(_facts) ?? 6, result.GetValue(_questions) ?? Math.Min(3, result.GetValue(_facts) ?? 3), result.GetValue(_unanswerable) ?? 0);

    private SyntheticLanguage Language(ParseResult result)
    {
        int? distance = result.GetValue(_distance);
        int symbols = result.GetValue(_symbols) ?? 26;
        return result.GetRequiredValue(_name) switch
        {
            "recall" => new RecallLanguage(distance ?? 1024, result.GetValue(_record) ?? 32, symbols, result.GetValue(_questions) ?? 1, result.GetValue(_signsFirst)),
            "nested" => new NestedLanguage(result.GetValue(_depth) ?? 24, result.GetValue(_symbols) ?? 8),
            _ => new PeriodicLanguage(distance ?? 256, symbols, result.GetValue(_times) ?? 4),
        };
    }

    private sealed class WriteStatus(StatusLine line, long total) : IProgress<DatasetProgress>
    {
        private readonly WorkProgress _progress = new(line);

        public void Report(DatasetProgress value) => _progress.Show("writing the text", value.Bytes, total);
    }
}
