using System.Text;
using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace.Encoders;
using TransformerXL.Interchange.HuggingFace.Xlnet;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs.Normalization;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Fuzz;

/// <summary>Files of Hugging Face's encoders: vocabularies of word pieces, configurations, poolings of sentence encoders, and whole imports.</summary>
internal static class EncoderTargets
{
    private static readonly string[] s_tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##able", "The", "."];

    // Read once: its memory is none of an input's.
    private static readonly NormalizationTable s_table = NormalizationTable.Instance;

    static EncoderTargets() => s_table.IsStable('a');

    public static IEnumerable<FuzzTarget> All =>
    [
        new("wordpiece-tokenizer.json", input => Use(WordPieceTokenizerJson.Load(FuzzFolder.File("tokenizer.json", input))), () => [FuzzFolder.Written("tokenizer.json", path => WordPieceTokenizerJson.Save(Vocabulary(), path))]),
        new("wordpiece-vocab.txt", input => Use(WordPieceFile.Load(FuzzFolder.File("pieces/vocab.txt", input))), () => [Encoding.UTF8.GetBytes(string.Join('\n', s_tokens))]),
        new("tokenizer_config.json", ReadRules, () => ["""{"do_lower_case":false,"strip_accents":null,"tokenize_chinese_chars":true,"cls_token":"[CLS]"}"""u8.ToArray()]),
        new("wordpiece-text", EncodeText, () => ["Un\u0301able. \u4e2d unable\n"u8.ToArray()]),
        new("encoder-config", input => EncoderSettings.Read(FuzzFolder.File("encoder.json", input)), () => [Configuration("bert"), Configuration("roberta"), Configuration("distilbert")]),
        new("xlnet-config", input => XlnetSettings.Read(FuzzFolder.File("xlnet.json", input)), () => ["""{"architectures":["XLNetLMHeadModel"],"model_type":"xlnet","vocab_size":9,"d_model":4,"n_layer":1,"n_head":2,"d_inner":6,"ff_activation":"gelu","attn_type":"bi","mem_len":null,"clamp_len":-1,"summary_type":"last","summary_use_proj":true,"summary_activation":"tanh"}"""u8.ToArray()]),
        .. ImportTargets.All,
        new("sentence-pooling", ReadPooling, () => ["""[{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]"""u8.ToArray()]),
        new("pooling-config", ReadPoolingConfiguration, () => ["""{"word_embedding_dimension":4,"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true}"""u8.ToArray()]),
    ];

    private static WordPieceVocabulary Vocabulary() => new(s_tokens);

    private static void Use(WordPieceVocabulary vocabulary)
    {
        int[] ids = vocabulary.Encode("Unable. The \u00e9 \u4e2d");
        if (ids.Any(id => id < 0 || id >= vocabulary.Count))
        {
            throw new FuzzFindingException("a token is not of the vocabulary");
        }

        vocabulary.Decode(ids);
    }

    private static void ReadRules(byte[] input)
    {
        string vocabulary = FuzzFolder.File("rules/vocab.txt", Encoding.UTF8.GetBytes(string.Join('\n', s_tokens)));
        FuzzFolder.File("rules/tokenizer_config.json", input);
        Use(WordPieceFile.Load(vocabulary));
    }

    /// <summary>A text has the same tokens in pieces, and their parts lie in it in order.</summary>
    private static void EncodeText(byte[] input)
    {
        WordPieceVocabulary vocabulary = Vocabulary();
        int[] whole = [.. vocabulary.Encode(new MemoryStream(input))];
        string text = FuzzFolder.WithoutMark(Encoding.UTF8.GetString(input));
        IReadOnlyList<TokenSpan> spans = vocabulary.EncodeSpans(text);
        if (!spans.Select(span => span.Id).SequenceEqual(whole) || spans.Any(span => span.Start < 0 || span.End > text.Length || span.Start >= span.End))
        {
            throw new FuzzFindingException($"'{InputText.Show(text)}' has other tokens in pieces, or parts outside of it");
        }
    }

    private static void ReadPooling(byte[] input)
    {
        FuzzFolder.File("sentences/1_Pooling/config.json", """{"pooling_mode_mean_tokens":true}"""u8.ToArray());
        SentencePooling.Find(Path.GetDirectoryName(FuzzFolder.File("sentences/modules.json", input))!, 4);
    }

    private static void ReadPoolingConfiguration(byte[] input)
    {
        FuzzFolder.File("pooled/1_Pooling/config.json", input);
        SentencePooling.Find(Path.GetDirectoryName(FuzzFolder.File("pooled/modules.json", """[{"path":"1_Pooling","type":"Pooling"}]"""u8.ToArray()))!, 4);
    }

    private static byte[] Configuration(string type) => Encoding.UTF8.GetBytes(type == "distilbert"
        ? """{"architectures":["DistilBertForMaskedLM"],"model_type":"distilbert","vocab_size":9,"dim":4,"n_layers":1,"n_heads":2,"hidden_dim":6,"activation":"gelu","max_position_embeddings":8}"""
        : $$"""{"architectures":["BertForMaskedLM"],"model_type":"{{type}}","vocab_size":9,"hidden_size":4,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":6,"hidden_act":"gelu","max_position_embeddings":8,"type_vocab_size":2,"layer_norm_eps":1e-12,"pad_token_id":0,"problem_type":null,"tie_word_embeddings":true}""");
}
