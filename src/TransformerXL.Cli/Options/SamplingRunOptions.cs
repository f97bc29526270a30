using System.CommandLine;
using TransformerXL.Inference.Sampling;

namespace TransformerXL.Cli.Options;

/// <summary>Sampling of tokens.</summary>
internal sealed class SamplingRunOptions
{
    private static readonly SamplingOptions s_standard = new();

    private readonly Option<double?> _temperature = NewOption.Real("--temperature", "Below 1 sharpens the distribution, above 1 flattens it; 0 is greedy.", "a number from 0 on", value => value >= 0, (double?)s_standard.Temperature);
    private readonly Option<int?> _topK = NewOption.Whole("--top-k", "Sample among this many most likely tokens; 0 for all.", 0, int.MaxValue, s_standard.TopK);
    private readonly Option<double?> _topP = NewOption.Real("--top-p", "Sample among the most likely tokens with this total probability; 1 for all.", "above 0 and at most 1", value => value is > 0 and <= 1, (double?)s_standard.TopP);
    private readonly Option<double?> _minP = NewOption.Real("--min-p", "Minimum probability relative to the most likely token; 0 for none.", "from 0 to 1", value => value is >= 0 and <= 1, (double?)s_standard.MinP);
    private readonly Option<double?> _penalty = NewOption.Real("--repetition-penalty", "Penalty on recent tokens; 1 for none, above 1 reduces repetition.", "a number from 0.001 to 1000", value => value is >= SamplingOptions.MinRepetitionPenalty and <= SamplingOptions.MaxRepetitionPenalty, (double?)s_standard.RepetitionPenalty);
    private readonly Option<int?> _window = NewOption.Whole("--repetition-window", "Number of recent tokens that --repetition-penalty applies to.", 0, 1 << 20, s_standard.RepetitionWindow);

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_temperature, _topK, _topP, _minP, _penalty, _window])
        {
            command.Add(option);
        }
    }

    public SamplingOptions Read(ParseResult result) => new()
    {
        Temperature = result.Get(_temperature),
        TopK = result.Get(_topK),
        TopP = result.Get(_topP),
        MinP = result.Get(_minP),
        RepetitionPenalty = result.Get(_penalty),
        RepetitionWindow = result.Get(_window),
    };
}
