using TransformerXL.Heads;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Fuzz;

/// <summary>Whole imports of tiny models of Hugging Face's library, with and without heads, whose configuration is the input.</summary>
internal static class ImportTargets
{
    private static readonly ContextConfiguration s_context = new() { TargetLength = 8, MemoryLength = 0 };
    private static readonly EncoderConfiguration s_encoder = new() { VocabularySize = 1, Layers = 1, ModelSize = 4, Heads = 2, InnerSize = 6, LayerNormEpsilon = 1e-12f };

    public static IEnumerable<FuzzTarget> All =>
    [
        Target("encoder-import", Pieces, s_encoder, null),
        Target("classifier-import", Pieces, s_encoder, new HeadConfiguration { Kind = HeadKind.OneLabel, Labels = ["good", "bad", "so so"], Pooling = HeadPooling.First }),
        Target("labeller-import", Pieces, s_encoder, new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-X", "I-X"], Alignment = PieceAlignment.FirstPiece }),
        Target("xlnet-import", Unigram, XlnetEncoders.WithParts(s_encoder), null),
        Target("xlnet-classifier-import", Unigram, XlnetEncoders.WithParts(s_encoder), new HeadConfiguration { Kind = HeadKind.Number, Pooling = HeadPooling.Last, Pooler = true }),
        Target("transfoxl-classifier-import", Words, new TransformerXLConfiguration { VocabularySize = 4, Layers = 1, ModelSize = 4, Heads = 2, InnerSize = 6 }, new HeadConfiguration { Kind = HeadKind.SeveralLabels, Labels = ["a", "b"], Pooling = HeadPooling.Last }),
    ];

    private static FuzzTarget Target(string name, Func<Vocabulary> vocabulary, ModelConfiguration model, HeadConfiguration? head)
    {
        void Prepare(string folder)
        {
            if (!Directory.Exists(folder))
            {
                Export(folder, vocabulary(), model, head);
            }
        }

        string Folder(string of) => FuzzFolder.Path($"{name}-{of}/x")[..^2] + "/model";
        return new FuzzTarget(name, Import, () =>
        {
            Prepare(Folder("seed"));
            return [File.ReadAllBytes(Path.Combine(Folder("seed"), "config.json"))];
        });

        void Import(byte[] input)
        {
            string from = Folder("from"), to = Folder("to");
            Prepare(from);
            File.WriteAllBytes(Path.Combine(from, "config.json"), input);
            try
            {
                ModelImporter.Import(from, to);
            }
            finally
            {
                Directory.Delete(Path.GetDirectoryName(to)!, recursive: true);
            }
        }
    }

    private static void Export(string folder, Vocabulary vocabulary, ModelConfiguration model, HeadConfiguration? head)
    {
        string own = folder + "-own";
        ModelConfiguration configuration = model.For(vocabulary, s_context);
        ModelFolder.Save(
            own, LanguageModel.Create(configuration), vocabulary, new ModelFolderConfiguration { Model = configuration, Context = s_context, Head = head }, head is null ? null : new TaskHead(head, 4));
        ModelExporter.Export(ModelFolder.Load(own), folder, ExportFormat.HuggingFace);
    }

    private static WordPieceVocabulary Pieces() => new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##able", "The", "."]);

    private static WordVocabulary Words() => new(["<eos>", "<unk>", "the", "of"]);

    private static Vocabulary Unigram()
    {
        string path = FuzzFolder.Path("xlnet/tokenizer.json");
        File.WriteAllText(path, XlnetTokenizer.Json(["\u2581a", "\u2581b"]));
        return UnigramTokenizerJson.Load(path);
    }
}
