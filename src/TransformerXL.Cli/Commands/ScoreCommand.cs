using System.Buffers;
using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl score</c>: how well a model predicts each token of a file.</summary>
internal sealed class ScoreCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "UTF-8 text; - reads standard input." };
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);
    private readonly Option<int?> _clamp = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);
    private readonly Option<int?> _top = NewOption.Whole("--top", "Number of most probable tokens to list at each position; 0 for none.", 0, 1 << 20, 0);
    private readonly Option<int?> _chunk = NewOption.Whole("--chunk", "Tokens computed and printed together; 1 prints each at once.", 1, 1 << 16, new ScoringOptions().ChunkLength);
    private readonly Option<bool> _specialAsText = NewOption.Flag("--special-as-text", "Read names of special tokens, such as <|endoftext|>, as plain text.");
    private readonly Option<string> _precision = PrecisionNames.NewOption();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("score", "Print a line of JSON for each token of a file: position, token, nll in nats, and bits.");
        _run.AddTo(command);
        command.Add(_file);
        command.Add(_memory);
        command.Add(_clamp);
        command.Add(_top);
        command.Add(_chunk);
        command.Add(_specialAsText);
        command.Add(_precision);
        _machine.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        ModelFolder trained = _run.Open(result, terminal, terminal.OutIsScreen ? null : status);
        if (!trained.Model.Configuration.IsCausal)
        {
            UnusedOptions.RefuseOfNextToken(result, $"{trained.Path} predicts masked tokens", _memory, _clamp, _precision);
        }

        string path = result.GetRequiredValue(_file);
        using Stream text = InputFile.Open(path, terminal, terminal.OutIsScreen ? null : status, stop);
        ScoringOptions options = Options(result, trained, backend) with { OwnsModel = true };
        new MemoryCheck(terminal, _machine, result).Session(trained.Model.Configuration, options.Session(), "this scoring", "--memory");
        long begin = terminal.Clock.GetTimestamp();
        IAsyncEnumerable<TokenScore> scores = trained.Model.Configuration.IsCausal
            ? new Scorer(trained.Model, trained.Vocabulary, backend).ScoreAsync(text, options, stop)
            : new MaskFiller(trained, backend).ScoreAsync(text, options.Top, stop);
        (long count, long bytes, double sum) = await InputFile.NamingAsync(path, () => WriteAsync(scores, trained.Vocabulary, options.ChunkLength)).ConfigureAwait(false);
        terminal.Out.Flush();
        status.Clear();
        if (count == 0)
        {
            throw new InputException($"'{InputFile.NameOf(path)}' is empty; there is nothing to score");
        }

        double seconds = terminal.Clock.GetElapsedTime(begin).TotalSeconds, mean = sum / count;
        string unit = trained.Vocabulary.Unit;
        if (!double.IsFinite(Math.Exp(mean)))
        {
            throw new NotFiniteException(FormattableString.Invariant($"the mean loss of all {count} {unit}s is {mean:G4} nats, and its perplexity beyond every number; the weights are too large: the checkpoint is damaged, or its training diverged"));
        }

        string perByte = trained.Vocabulary is BytePairVocabulary ? string.Create(CultureInfo.InvariantCulture, $"{sum / Math.Log(2) / bytes:0.0000} bits per byte, ") : "";
        terminal.Notes.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Figures.Count(count, unit)}: {perByte}{mean:0.0000} nats and {mean / Math.Log(2):0.0000} bits per {unit}, {(trained.Model.Configuration.IsCausal ? "perplexity" : "pseudo-perplexity")} {Math.Exp(mean):0.000}; {Figures.Rate(count / Math.Max(seconds, 1e-9))} tokens/s"));
        return ExitCode.Ok;
    }

    internal ScoringOptions Options(ParseResult result, ModelFolder trained, CpuBackend backend)
    {
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory, _clamp);
        ScoringOptions standard = ScoringOptions.ForTrained(trained.Configuration.Context);
        return standard with
        {
            MemoryLength = result.GetValue(_memory) ?? standard.MemoryLength,
            ClampLength = result.GetValue(_clamp) ?? standard.ClampLength,
            Top = result.Get(_top),
            ChunkLength = result.Get(_chunk),
            SpecialTokensAsText = result.GetValue(_specialAsText),
            Precision = PrecisionNames.Parse(result.GetRequiredValue(_precision), backend),
        };
    }

    private async Task<(long Count, long Bytes, double Sum)> WriteAsync(IAsyncEnumerable<TokenScore> scores, Vocabulary vocabulary, int chunk)
    {
        JsonLines lines = new(terminal.Out, flush: false);
        ArrayBufferWriter<byte> text = new();
        long count = 0, bytes = 0;
        double sum = 0;
        await foreach (TokenScore score in scores.ConfigureAwait(false))
        {
            lines.Write(json => Write(json, score));
            count++;
            sum += score.Nll;
            text.ResetWrittenCount();
            vocabulary.DecodeUtf8([score.Id], text);
            bytes += text.WrittenCount;
            if (count % chunk == 0)
            {
                // The next chunk may be long in coming.
                terminal.Out.Flush();
            }
        }

        return (count, bytes, sum);
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, TokenScore score)
    {
        json.WriteStartObject();
        json.WriteNumber("position", score.Position);
        json.WriteString("token", score.Text);
        json.WriteNumber("id", score.Id);
        json.WriteNumber("nll", score.Nll);
        json.WriteNumber("bits", score.Bits);
        if (score.Top.Count > 0)
        {
            json.WriteStartArray("top");
            foreach (TokenProbability token in score.Top)
            {
                json.WriteStartObject();
                json.WriteString("token", token.Text);
                json.WriteNumber("id", token.Id);
                json.WriteNumber("log_probability", token.LogProbability);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
