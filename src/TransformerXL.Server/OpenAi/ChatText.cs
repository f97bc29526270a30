using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>A reply while it is written.</summary>
/// <param name="index">Its place in the answer.</param>
/// <param name="texts">What tokens are called.</param>
/// <param name="hasLogprobs">Whether the answer contains log-probabilities of tokens.</param>
/// <param name="last">The last token of the prompt; null if it has none.</param>
internal sealed class ChatText(int index, TokenTexts texts, bool hasLogprobs, int? last)
{
    private int? _previous = last;
    private readonly StringBuilder _text = new();
    private List<ChatToken> _tokens = [];

    /// <summary>Why the reply ended; null before.</summary>
    public string? Finish { get; private set; }

    /// <summary>Takes an update.</summary>
    public void Add(GenerationUpdate update)
    {
        _text.Append(update.Text);
        Finish = update.FinishReason is { } reason ? FinishReasons.Of(reason) : Finish;
        if (hasLogprobs)
        {
            _tokens.AddRange(update.Tokens.Select(Token));
        }
    }

    /// <summary>The whole reply.</summary>
    public ChatChoice Complete() => new(index, new ChatReply(_text.ToString()), hasLogprobs ? new ChatLogprobs(_tokens) : null, Finish);

    /// <summary>The first piece, which contains the role.</summary>
    public ChatChunkChoice Begin() => new(index, new ChatDelta { Role = "assistant", Content = "" }, null, null);

    /// <summary>The last piece.</summary>
    public ChatChunkChoice End() => new(index, new ChatDelta(), null, Finish);

    /// <summary>What came since the last call; null if it is nothing.</summary>
    public ChatChunkChoice? Take()
    {
        if (_text.Length == 0 && _tokens.Count == 0)
        {
            return null;
        }

        ChatChunkChoice piece = new(index, new ChatDelta { Content = _text.ToString() }, hasLogprobs ? new ChatLogprobs(_tokens) : null, null);
        _text.Clear();
        _tokens = [];
        return piece;
    }

    private ChatToken Token(TokenResult token)
    {
        ChatTopToken[] top = [.. token.Top.Select(Candidate)];
        _previous = token.Id;
        return new ChatToken(texts.NameOf(token.Id, token.Bytes.Span), LogprobWriter.Finite(token.LogProbability), Bytes(token.Bytes.Span), top);
    }

    private ChatTopToken Candidate(TokenProbability candidate)
    {
        byte[] bytes = texts.BytesAfter(candidate.Id, _previous);
        return new ChatTopToken(texts.NameOf(candidate.Id, bytes), LogprobWriter.Finite(candidate.LogProbability), Bytes(bytes));
    }

    private static int[] Bytes(ReadOnlySpan<byte> bytes)
    {
        int[] numbers = new int[bytes.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = bytes[i];
        }

        return numbers;
    }
}
