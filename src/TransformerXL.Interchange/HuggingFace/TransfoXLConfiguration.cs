using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Interchange.HuggingFace;

/// <summary>
/// The <c>config.json</c> of a Hugging Face TransfoXL model. The defaults are the format's defaults for fields
/// that are missing: the sizes of the large model for WikiText-103.
/// </summary>
internal sealed record TransfoXLConfiguration
{
    /// <summary><c>vocab_size</c>, formerly <c>n_token</c>: V, tokens in the vocabulary.</summary>
    public int VocabularySize { get; init; } = 267735;

    /// <summary><c>cutoffs</c>: first token of each further cluster, ascending; empty for one softmax over all tokens.</summary>
    public IReadOnlyList<int> Cutoffs { get; init; } = [20000, 40000, 200000];

    /// <summary><c>d_model</c>: d, hidden size.</summary>
    public int ModelSize { get; init; } = 1024;

    /// <summary><c>d_embed</c>: size of the embedding of the first cluster.</summary>
    public int EmbeddingSize { get; init; } = 1024;

    /// <summary><c>n_head</c>: H, attention heads.</summary>
    public int Heads { get; init; } = 16;

    /// <summary><c>d_head</c>: d_h, size of a head.</summary>
    public int HeadSize { get; init; } = 64;

    /// <summary><c>d_inner</c>: inner size of the feed-forward block.</summary>
    public int InnerSize { get; init; } = 4096;

    /// <summary><c>div_val</c>: how much narrower the embedding of each further cluster is; 1 for one table.</summary>
    public int DivisionValue { get; init; } = 4;

    /// <summary><c>pre_lnorm</c>: whether LayerNorm comes before each block.</summary>
    public bool PreNorm { get; init; }

    /// <summary><c>n_layer</c>: N, layers.</summary>
    public int Layers { get; init; } = 18;

    /// <summary><c>mem_len</c>: M, positions of memory.</summary>
    public int MemoryLength { get; init; } = 1600;

    /// <summary><c>tgt_len</c>: positions of a segment in training; only in older files, otherwise null.</summary>
    public int? TargetLength { get; init; }

    /// <summary><c>clamp_len</c>: maximum distance, larger ones are clamped to it; 0 or less for no limit.</summary>
    public int ClampLength { get; init; } = 1000;

    /// <summary><c>same_length</c>: whether every position attends to the same number of positions.</summary>
    public bool SameLength { get; init; } = true;

    /// <summary><c>proj_share_all_but_first</c>: whether clusters after the first share the projection of the embedding with the softmax.</summary>
    public bool ShareProjectionsButFirst { get; init; } = true;

    /// <summary><c>attn_type</c>: always 0, Transformer-XL; the format has other numbers, but its model has no other attention.</summary>
    public int AttentionType { get; init; }

    /// <summary><c>tie_word_embeddings</c>, formerly <c>tie_weight</c>: whether the softmax uses the embedding tables.</summary>
    public bool TieWeights { get; init; } = true;

    /// <summary><c>untie_r</c>: whether each layer has biases u and v of its own.</summary>
    public bool UntieBiases { get; init; } = true;

    /// <summary><c>dropout</c>.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary><c>dropatt</c>: dropout of attention weights.</summary>
    public double AttentionDropout { get; init; }

    /// <summary><c>layer_norm_epsilon</c>.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary><c>init_std</c>: standard deviation of initial weights.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary><c>proj_init_std</c>: standard deviation of initial projections.</summary>
    public double ProjectionDeviation { get; init; } = 0.01;

    /// <summary><c>eos_token_id</c>: the token that ends a text; null if there is none.</summary>
    public int? EndId { get; init; } = 0;

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="InputException">It is not the configuration of a TransfoXL model, or a value is not valid.</exception>
    public static TransfoXLConfiguration Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var source = new FileByteSource(path);
        return Read(source);
    }

    internal static TransfoXLConfiguration Parse(string name, ReadOnlyMemory<byte> json)
    {
        using var source = new MemoryByteSource(name, json);
        return Read(source);
    }

    /// <summary>Writes a file for Hugging Face's library and <see cref="Read(string)"/>, all or nothing.</summary>
    /// <inheritdoc cref="AtomicFile.Write" path="/exception"/>
    public void Write(string path)
    {
        Validate();
        AtomicFile.Write(path, stream => TransfoXLConfigurationJson.Write(stream, this));
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("vocab_size", VocabularySize, 1, 10_000_000);
        Require.Between("d_model", ModelSize, 2, 65536);
        Require.That(ModelSize % 2 == 0, $"d_model {ModelSize} is odd; half of a position's sinusoids are sines and half cosines");
        Require.Between("d_embed", EmbeddingSize, 1, 65536);
        Require.Between("n_head", Heads, 1, 1024);
        Require.Between("d_head", HeadSize, 1, 4096);
        Require.Between("d_inner", InnerSize, 1, 1 << 20);
        Require.Between("n_layer", Layers, 1, 1000);
        Require.Between("mem_len", MemoryLength, 0, 1 << 24);
        Require.Between("tgt_len", TargetLength ?? 1, 1, 1 << 24);
        Require.Between("clamp_len", ClampLength, -1, 1 << 24);
        Require.Between("attn_type", AttentionType, 0, 0);
        Require.Probability("dropout", Dropout);
        Require.Probability("dropatt", AttentionDropout);
        Require.Positive("layer_norm_epsilon", LayerNormEpsilon);
        Require.NotNegative("init_std", InitialDeviation);
        Require.NotNegative("proj_init_std", ProjectionDeviation);
        Require.That(EndId is null || (EndId >= 0 && EndId < VocabularySize), $"eos_token_id is {EndId}, but there are {VocabularySize} tokens");
        ValidateClusters();
    }

    /// <summary>Size of the embedding of a cluster.</summary>
    internal int ClusterSize(int cluster)
    {
        int size = EmbeddingSize;
        for (int i = 0; i < cluster; i++)
        {
            size /= DivisionValue;
        }

        return size;
    }

    private void ValidateClusters()
    {
        Require.Between("number of cutoffs", Cutoffs.Count, 0, 16);
        int before = 0;
        foreach (int cutoff in Cutoffs)
        {
            Require.That(cutoff > before && cutoff < VocabularySize, $"cutoffs hold {cutoff} after {before}, but must rise and stay below vocab_size {VocabularySize}");
            before = cutoff;
        }

        Require.Between("div_val", DivisionValue, 1, 65536);
        Require.That(ClusterSize(Cutoffs.Count) > 0, $"d_embed {EmbeddingSize} divided by div_val {DivisionValue} for each of {Cutoffs.Count} cutoffs leaves nothing");
    }

    private static TransfoXLConfiguration Read(ByteSource source)
    {
        try
        {
            TransfoXLConfiguration read = TransfoXLConfigurationJson.Read(source);
            read.Validate();
            return read;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or OverflowException or InputException)
        {
            throw new InputException($"'{source.Name}' is not a usable configuration of a TransfoXL model: {InputText.Show(fault.Message)}", fault);
        }
    }
}
