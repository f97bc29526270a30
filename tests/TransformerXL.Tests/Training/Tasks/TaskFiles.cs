using System.Text;
using System.Text.Json;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Tests.Training.Tasks;

/// <summary>Small examples of each task, and a model that learns them in a moment.</summary>
internal static class TaskFiles
{
    private static readonly string[] s_colours = ["red", "green", "blue"], s_fillers = ["the", "a", "box", "tree", "lies", "stands", "here"];

    /// <summary>Texts of words, the first of which is the label.</summary>
    public static string Texts(TemporaryFolder folder, int count, int length, int seed, bool varies = true)
    {
        Random random = new(seed);
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            string colour = s_colours[random.Next(3)];
            IEnumerable<string> words = Enumerable.Range(0, varies ? 1 + random.Next(length) : length).Select(_ => s_fillers[random.Next(s_fillers.Length)]);
            lines.AppendLine(FormattableString.Invariant($$"""{"text":"{{colour}} {{string.Join(' ', words)}}","label":"{{colour}}"}"""));
        }

        return Write(folder, $"texts{seed}.jsonl", lines);
    }

    /// <summary>Sentences in which the label of a word tells whether it is a colour, and whether a colour has come before.</summary>
    public static string Sentences(TemporaryFolder folder, int count, int seed)
    {
        Random random = new(seed);
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            bool seen = false;
            for (int word = 0, words = 1 + random.Next(9); word < words; word++)
            {
                bool isColour = random.Next(3) == 0;
                lines.Append(isColour ? s_colours[random.Next(3)] : s_fillers[random.Next(s_fillers.Length)]).Append('\t').AppendLine(isColour ? "B-C" : seen ? "O" : "B-N");
                seen |= isColour;
            }

            lines.AppendLine();
        }

        return Write(folder, $"sentences{seed}.conll", lines);
    }

    /// <summary>Questions after what stands behind a colour; with unanswerable ones.</summary>
    public static string Questions(TemporaryFolder folder, int count, int seed)
    {
        Random random = new(seed);
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            string[] order = [.. s_colours.OrderBy(_ => random.Next())];
            string asked = order[random.Next(3)];
            string context = "";
            int start = -1;
            foreach (string colour in order.Take(2))
            {
                string answer = s_fillers[random.Next(s_fillers.Length)];
                context += $"{colour} ";
                start = colour == asked ? context.Length : start;
                context += $"{answer} ";
            }

            string[] told = context.Split(' ');
            string text = start < 0 ? "" : told[Array.IndexOf(told, asked) + 1];
            lines.AppendLine(JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["question"] = asked,
                ["context"] = context,
                ["answers"] = start < 0 ? Array.Empty<object>() : [new Dictionary<string, object> { ["text"] = text, ["answer_start"] = start }],
                ["is_impossible"] = start < 0,
            }));
        }

        return Write(folder, $"questions{seed}.jsonl", lines);
    }

    /// <summary>Training and validation examples of a task.</summary>
    public static (CorpusOptions Files, TaskExamples Examples) Load(TemporaryFolder folder, TaskConfiguration task, int count = 60)
    {
        string Make(int many, int seed) => task.Kind switch
        {
            TaskKind.Classify => Texts(folder, many, 20, seed),
            TaskKind.Label => Sentences(folder, many, seed),
            _ => Questions(folder, many, seed),
        };
        CorpusOptions files = new() { TrainPath = Make(count, 1), ValidationPath = Make(20, 2), Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Words } };
        return (files, TaskData.Load(files, task));
    }

    public static RunConfiguration Configuration(TaskExamples examples, CorpusOptions files, TaskConfiguration task, string kind = Kinds.TransformerXL, long steps = 12) => new()
    {
        Model = new TransformerXLConfiguration
        {
            VocabularySize = examples.Vocabulary.Count,
            Layers = 2,
            ModelSize = 16,
            Heads = 2,
            HeadSize = 8,
            InnerSize = 24,
            Dropout = 0.1f,
            AttentionDropout = 0.1f,
            InitialDeviation = 0.1f,
        }.As(kind, rows: 6),
        Context = new ContextConfiguration { TargetLength = 6, MemoryLength = 8 },
        Training = new TrainingConfiguration
        {
            Steps = steps,
            BatchSize = 4,
            LearningRate = 0.003,
            WarmupSteps = 2,
            ValidateEvery = 4,
            CheckpointEvery = 3,
            ReportEvery = 1,
            ClipNorm = 1,
        },
        Corpus = files,
        Task = task,
        Head = examples.Head,
    };

    private static string Write(TemporaryFolder folder, string name, StringBuilder lines)
    {
        File.WriteAllText(folder[name], lines.ToString().ReplaceLineEndings("\n"));
        return folder[name];
    }
}
