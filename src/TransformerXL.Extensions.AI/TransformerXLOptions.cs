using TransformerXL.Inference;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Tensors;

namespace TransformerXL.Extensions.AI;

/// <summary>Which model is used, and how. Lengths are in tokens.</summary>
public sealed class TransformerXLOptions
{
    /// <summary>The folder of a run or of a model, see <see cref="TransformerXL.ModelFolder.Load"/>. It must be set.</summary>
    public string? ModelFolder { get; set; }

    /// <summary>Of a run <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>; if null the best, or the last where no validation has chosen any.</summary>
    public string? Checkpoint { get; set; }

    /// <summary>The name of the model in responses, metrics and traces; if null the name of the folder.</summary>
    public string? ModelId { get; set; }

    /// <summary>Tokens that a text remembers; null for the length of training.</summary>
    public int? MemoryLength { get; set; }

    /// <summary>The maximum relative distance in tokens, 0 for no limit; null for the longest of training.</summary>
    public int? ClampLength { get; set; }

    /// <summary>Of products with weights.</summary>
    public Precision Precision { get; set; }

    /// <summary>Threads that compute; null for one for each processor.</summary>
    public int? Threads { get; set; }

    /// <summary>The maximum number of replies that are written together; more requests wait.</summary>
    public int MaxStreams { get; set; } = 16;

    /// <summary>The maximum number of requests that wait; more get a <see cref="SchedulerBusyException"/>.</summary>
    public int MaxQueued { get; set; } = 256;

    /// <summary>Bytes of memory for the beginnings of prompts, from which requests go on that begin alike; 0 for none.</summary>
    public long PrefixMemoryBytes { get; set; } = 256L << 20;

    /// <summary>
    /// Bytes of memory for conversations, see <see cref="LocalModel.NewConversation"/>. Beyond it the least recently used one goes to <see cref="ConversationFolder"/>, or is forgotten where there is none.
    /// </summary>
    public long ConversationMemoryBytes { get; set; } = 1L << 30;

    /// <summary>A folder where conversations are saved, after each reply and when their memory is full; null keeps them in memory alone.</summary>
    public string? ConversationFolder { get; set; }

    /// <summary>A conversation in <see cref="ConversationFolder"/> that was not used for so long is removed; null for never.</summary>
    public TimeSpan? ConversationExpiry { get; set; }

    /// <summary>A JSON file that says how messages become a prompt, see <see cref="Inference.Chat.ChatTemplate.Load"/>; if null, <see cref="ChatTemplate"/> says it.</summary>
    public string? ChatTemplateFile { get; set; }

    /// <summary>How messages become a prompt.</summary>
    public ChatTemplate ChatTemplate { get; set; } = ChatTemplate.Plain;

    /// <summary>How tokens are drawn unless a request says otherwise.</summary>
    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>The maximum number of tokens of a reply unless a request says otherwise.</summary>
    public int MaxOutputTokens { get; set; } = 1024;

    /// <summary>How the hidden states of a text become its embedding; null for that of the model: the pooling of a sentence encoder, otherwise the mean.</summary>
    public EmbeddingPooling? Pooling { get; set; }

    /// <summary>Time from a request to its end; null for no limit. A reply whose time ran out ends with the reason <c>length</c>.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Checks every value that can be checked without the model.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names it and the rule.</exception>
    public void Validate()
    {
        Check(!string.IsNullOrEmpty(ModelFolder), $"{nameof(ModelFolder)} is not set; it names the folder of a run or of a model");
        Check(Sampling is not null, $"{nameof(Sampling)} is null, but must have a value");
        Check(ChatTemplate is not null, $"{nameof(ChatTemplate)} is null, but must have a value");
        Sampling!.Validate();
        Check(MaxOutputTokens > 0, $"{nameof(MaxOutputTokens)} is {MaxOutputTokens}, but must be at least 1");
        Check(Threads is null or > 0, $"{nameof(Threads)} is {Threads}, but must be at least 1");
        Check(ConversationMemoryBytes >= 0, $"{nameof(ConversationMemoryBytes)} is {ConversationMemoryBytes}, but must not be negative");
        Check(ConversationExpiry is null || ConversationExpiry > TimeSpan.Zero, $"{nameof(ConversationExpiry)} is {ConversationExpiry}, but must be above 0");
        Check(Pooling is not { } pooling || Enum.IsDefined(pooling), $"{nameof(Pooling)} is {Pooling}, but must be one of {string.Join(", ", Enum.GetNames<EmbeddingPooling>())}");
        Check(Timeout is null || Timeout > TimeSpan.Zero, $"{nameof(Timeout)} is {Timeout}, but must be above 0");
    }

    private static void Check(bool valid, string message)
    {
        if (!valid)
        {
            throw new InputException(message);
        }
    }
}
