using TransformerXL.Testing;
using TransformerXL.Training.EventLog;
using Xunit;

namespace TransformerXL.Tests.Formats.EventLog;

public sealed class EventFileWriterTests
{
    [Fact]
    public void The_reader_of_these_tests_knows_the_published_check_value() =>
        Assert.Equal(0xE3069283, EventFileReader.Crc32C("123456789"u8));

    [Fact]
    public void An_independent_reader_finds_version_start_scalars_and_text()
    {
        using TemporaryFolder folder = new();
        byte[] file = Write(folder.Path, 1, writer =>
        {
            writer.WriteScalars(10, ("train/loss", 2.5), ("train/learning_rate", 1e-4));
            writer.WriteText(long.MaxValue, "validation/sample", "first\r\nsecond \ud800");
        });
        List<EventFileReader.Event> events = EventFileReader.Read(file);
        Assert.Equal(4, events.Count);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal((1L, (int?)1), (events[1].Step, events[1].SessionStatus));
        Assert.Equal([("train/loss", 2.5f), ("train/learning_rate", 1e-4f)], events[2].Values.Select(value => (value.Tag, value.Scalar!.Value)));
        Assert.Equal(10, events[2].Step);
        Assert.Equal(long.MaxValue, events[3].Step);
        Assert.Equal(new EventFileReader.Value("validation/sample", null, "    first\n    second \uFFFD", "text"), Assert.Single(events[3].Values));
        Assert.All(events, e => Assert.Equal(Clock.Now.ToUnixTimeSeconds(), e.WallTime));
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_keeps_every_event_before()
    {
        using TemporaryFolder folder = new();
        byte[] file = Write(folder.Path, 1, writer =>
        {
            for (int step = 1; step <= 5; step++)
            {
                writer.WriteScalars(step, ("train/loss", step));
            }
        });
        List<EventFileReader.Event> whole = EventFileReader.Read(file);
        int previous = 0;
        for (int length = 0; length <= file.Length; length++)
        {
            List<EventFileReader.Event> cut = EventFileReader.Read(file[..length]);
            Assert.InRange(cut.Count, previous, previous + 1);
            Assert.Equal(whole.Take(cut.Count).Select(e => e.Step), cut.Select(e => e.Step));
            previous = cut.Count;
        }

        Assert.Equal(7, previous);
    }

    [Fact]
    public void Files_of_later_parts_sort_behind_those_of_earlier_ones_although_the_clock_stands_still_or_goes_back()
    {
        using TemporaryFolder folder = new();
        List<string> names = [];
        for (int part = 0; part < 4; part++)
        {
            Clock clock = new(TimeSpan.FromDays(part == 3 ? -1 : 0));
            using EventFileWriter writer = EventFileWriter.Create(folder.Path, part, clock);
            names.Add(Path.GetFileName(writer.Path));
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.All(names, name => Assert.StartsWith("events.out.tfevents.", name, StringComparison.Ordinal));
    }

    private static byte[] Write(string folder, long firstStep, Action<EventFileWriter> write)
    {
        using EventFileWriter writer = EventFileWriter.Create(folder, firstStep, new Clock(TimeSpan.Zero));
        write(writer);

        // Before it is closed: what is written is in the file at once.
        using FileStream stream = new(writer.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed class Clock(TimeSpan offset) : TimeProvider
    {
        public static readonly DateTimeOffset Now = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now + offset;
    }
}
