using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Interchange.HuggingFace.Encoders;

/// <summary>Writes an encoder as Hugging Face's BERT, RoBERTa, XLM-RoBERTa or DistilBERT, whichever has its vocabulary and token types.</summary>
internal static class EncoderExporter
{
    /// <exception cref="InputException">The layout cannot represent the model; the message names each reason.</exception>
    public static EncoderLayout LayoutFor(ModelFolder trained)
    {
        Require.That(
            trained.Model is EncoderModel,
            $"Hugging Face's library has no class for a model of the family {trained.Model.Configuration.Family.Name} that reads a text in both directions");
        EncoderConfiguration model = (EncoderConfiguration)trained.Model.Configuration;
        EncoderLayout layout = trained.Vocabulary switch
        {
            BytePairVocabulary { MaskId: not null } => EncoderLayout.Roberta,
            UnigramVocabulary { PairSeparators: 2 } => EncoderLayout.XlmRoberta,
            _ => model.TokenTypes == 0 ? EncoderLayout.DistilBert : EncoderLayout.Bert,
        };
        bool distil = layout == EncoderLayout.DistilBert;
        string[] reasons =
        [
            .. When(model.Positions != EncoderPositions.Learned, $"{model.Positions.ToString().ToLowerInvariant()} positions"),
            .. When(trained.Configuration.Context.MemoryLength > 0, $"a memory of {Counted.Of(trained.Configuration.Context.MemoryLength, "token")}"),
            .. When(model.RestartsPositions, "positions that begin again after a separator"),
            .. When(model.TwoStreams, "a query stream"),
            .. When(model.OmitsEmbeddingNorm, "embeddings without LayerNorm"),
            .. When(model.OmitsAttentionBiases, "projections of attention without biases"),
            .. When(model.OmitsPredictionTransform && model.PredictsMaskedTokens, "a softmax that reads hidden states as they are"),
            .. When(model.PreNorm, "LayerNorm before each block"),
            .. When(model.Activation != FeedForwardActivation.Gelu, $"the activation {model.Activation.ToString().ToUpperInvariant()}"),
            .. When(model.EmbeddingSize != model.ModelSize, $"embeddings of {model.EmbeddingSize} beside a hidden size of {model.ModelSize}"),
            .. When(model.Heads * model.HeadSize != model.ModelSize, $"{Counted.Of(model.Heads, "head")} of {model.HeadSize} beside a hidden size of {model.ModelSize}"),
            .. When(model.Cutoffs.Count > 0, "an adaptive softmax"),
            .. When(distil && model.LayerNormEpsilon != (float)EncoderSettings.NormOfDistilBert, FormattableString.Invariant($"an epsilon of {model.LayerNormEpsilon} without token types")),
            .. When(distil && model.Pooler, "a pooler without token types"),
            // The tokenizer of RoBERTa gives the type 0 to both texts of a pair, that of BERT 0 and 1.
            .. When(layout.HasOffset && model.TokenTypes != 1, $"{model.TokenTypes} token types with the vocabulary of {layout.Class}, which has 1"),
            .. When(layout == EncoderLayout.Bert && model.TokenTypes != 2, $"{model.TokenTypes} token types, where BERT has 2"),
            .. trained.Head is { } head ? EncoderHeads.Reasons(head.Configuration, layout) : [],
        ];
        Require.That(reasons.Length == 0, $"Hugging Face's {layout.Class} cannot represent {string.Join(", ", reasons)}");
        return layout;
    }

    /// <summary>Writes configuration and weights.</summary>
    public static void Write(string folder, ModelFolder trained, EncoderLayout layout, Func<List<SafetensorsItem>, List<SafetensorsItem>> report)
    {
        int padding = trained.Vocabulary.PaddingId ?? (layout.HasOffset ? 1 : 0), offset = layout.HasOffset ? padding + 1 : 0;
        WriteConfiguration(folder, trained, layout, padding, offset);
        List<SafetensorsItem> items = [];
        EncoderConfiguration model = (EncoderConfiguration)trained.Model.Configuration;
        foreach (Parameter parameter in trained.Model.Parameters)
        {
            // The pooler of BERT's classifier has the name of that of the encoder, which it began with.
            bool isReplaced = layout == EncoderLayout.Bert && trained.Head is { Configuration: { IsOfText: true, Pooling: HeadPooling.First } } && parameter.Name.StartsWith(EncoderModel.PoolerName, StringComparison.Ordinal);
            if (isReplaced || (parameter.Name.StartsWith("crit.", StringComparison.Ordinal) && !model.PredictsMaskedTokens))
            {
                continue;
            }

            string[] names = layout.NamesOf(parameter.Name);
            int rows = parameter.Value.Shape[0] / names.Length;
            items.AddRange(parameter.Name == "position_emb.weight" && offset > 0
                ? [AfterZeros(names[0], parameter.Value, offset)]
                : names.Select((name, i) => ModelWeights.Item(name, parameter.Value.Slice(i * rows, rows))));
        }

        foreach (Parameter parameter in trained.Head?.Parameters ?? [])
        {
            items.Add(ModelWeights.Item(layout.NameOfHead(parameter.Name, trained.Head!.Configuration.IsOfText), parameter.Value));
        }

        // Without this member Hugging Face's loader refuses the file.
        SafetensorsWriter.Write(Path.Combine(folder, HuggingFaceLayout.Weights), report(items), new Dictionary<string, string> { ["format"] = "pt" });
        GC.KeepAlive(trained.Model);
    }

    private static void WriteConfiguration(string folder, ModelFolder trained, EncoderLayout layout, int padding, int offset)
    {
        EncoderConfiguration model = (EncoderConfiguration)trained.Model.Configuration;
        EncoderSettings settings = new()
        {
            Type = layout.Types[0],
            Class = layout.Class + (model.PredictsMaskedTokens ? "ForMaskedLM" : "Model"),
            VocabularySize = model.VocabularySize,
            Layers = model.Layers,
            ModelSize = model.ModelSize,
            Heads = model.Heads,
            InnerSize = model.InnerSize,
            Positions = model.PositionRows + offset,
            TokenTypes = model.TokenTypes,
            PaddingId = padding,
            Epsilon = ModelDescription.Tidy(model.LayerNormEpsilon),
            Dropout = ModelDescription.Tidy(model.Dropout),
            AttentionDropout = ModelDescription.Tidy(model.AttentionDropout),
            Deviation = ModelDescription.Tidy(model.InitialDeviation),
            Ties = model.TieWeights,
        };
        AtomicFile.Write(Path.Combine(folder, ModelFiles.Configuration), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            settings.ToJson(layout).WriteTo(json);
        });
        if (trained.Vocabulary is SpecialTokensVocabulary { Inner: BytePairVocabulary or ByteVocabulary } special)
        {
            WriteTokenizerSettings(folder, special, model.PositionRows);
        }

        if (trained.Head is { } head)
        {
            HeadExchange.AddTo(Path.Combine(folder, ModelFiles.Configuration), head.Configuration, layout.Class);
        }

        if (trained.Configuration.Embedding is { } embedding)
        {
            SentencePooling.Write(folder, embedding, model.ModelSize);
        }
    }

    /// <summary>
    /// The settings of a tokenizer of byte pairs with the special tokens of BERT. Without them Hugging Face's library takes the tokenizer of BERT, which knows no byte pairs.
    /// </summary>
    private static void WriteTokenizerSettings(string folder, SpecialTokensVocabulary vocabulary, int positions) =>
        AtomicFile.Write(Path.Combine(folder, WordPieceFile.RulesName), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            foreach ((string name, int? id) in ((string, int?)[])[("pad_token", vocabulary.PaddingId), ("cls_token", vocabulary.ClassId), ("sep_token", vocabulary.SeparatorId), ("mask_token", vocabulary.MaskId), ("unk_token", vocabulary.UnknownId)])
            {
                if (id is { } token)
                {
                    json.WriteString(name, vocabulary.Describe(token));
                }
            }

            json.WriteNumber("model_max_length", positions);
            json.WriteEndObject();
        });

    private static SafetensorsItem AfterZeros(string name, Tensor table, int rows)
    {
        int columns = table.Shape.Columns;
        float[] values = new float[(table.Shape[0] + rows) * columns];
        table.Span.CopyTo(values.AsSpan(rows * columns));
        return SafetensorsItem.FromFloats(name, values, table.Shape[0] + rows, columns);
    }

    private static IEnumerable<string> When(bool condition, string reason) => condition ? [reason] : [];
}
