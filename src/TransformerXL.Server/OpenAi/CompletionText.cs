using System.Text;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>A choice of an answer while it is written.</summary>
/// <param name="index">Its place in the answer.</param>
/// <param name="texts">What tokens are called.</param>
/// <param name="request">What was asked.</param>
/// <param name="prompt">The text of the prompt, which comes first if it is echoed.</param>
/// <param name="offsets">Where the tokens of an echoed prompt begin; null where their lengths say it.</param>
internal sealed class CompletionText(int index, TokenTexts texts, CompletionRequest request, Func<string> prompt, (int[] Starts, int Length)? offsets)
{
    private readonly LogprobWriter _writer = new(texts, request.Generation.ScoresPrompt, offsets);
    private readonly StringBuilder _text = new();
    private CompletionLogprobs? _logprobs = Begin(request);
    private string? _finish;
    private bool _begun;

    /// <summary>Takes an update.</summary>
    public void Add(GenerationUpdate update)
    {
        if (!_begun)
        {
            _begun = true;
            _text.Append(request.Echo ? prompt() : "");
        }

        if (_logprobs is not null)
        {
            _writer.Add(_logprobs, update);
        }

        _text.Append(update.IsPrompt ? "" : update.Text);
        _finish = update.FinishReason is { } reason ? FinishReasons.Of(reason) : _finish;
    }

    /// <summary>What came since the last call; null if it is nothing.</summary>
    public CompletionChoice? Take()
    {
        if (_text.Length == 0 && _finish is null && _logprobs is not { Tokens.Count: > 0 })
        {
            return null;
        }

        CompletionChoice choice = new() { Text = _text.ToString(), Index = index, Logprobs = _logprobs, FinishReason = _finish };
        _text.Clear();
        _logprobs = Begin(request);
        return choice;
    }

    private static CompletionLogprobs? Begin(CompletionRequest request) => request.Generation.TopLogProbabilities is null ? null : new CompletionLogprobs();
}
