using TransformerXL.Inference.Serving;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Inference.Serving;

public sealed class FolderSessionStoreTests
{
    private static readonly byte[] s_state = [1, 2, 3];

    [Fact]
    public async Task Of_several_writers_of_a_version_one_wins()
    {
        using TemporaryFolder folder = new();
        for (int round = 0; round < 20; round++)
        {
            string id = Conversation.NewId();
            await new FolderSessionStore(folder.Path).WriteAsync(Record(id, 1), s_state, default);
            int[] won = await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
            {
                try
                {
                    await new FolderSessionStore(folder.Path).WriteAsync(Record(id, 2) with { Name = $"{writer}" }, s_state, default);
                    return 1;
                }
                catch (SessionConflictException)
                {
                    return 0;
                }
            })));
            Assert.Equal(1, won.Sum());
            Assert.Equal(2, (await new FolderSessionStore(folder.Path).FindAsync(id, default))!.Version);
            Assert.Single(Directory.GetFileSystemEntries(Path.Combine(folder.Path, id)));
        }
    }

    [Fact]
    public async Task A_version_that_is_not_the_next_one_is_refused()
    {
        using TemporaryFolder folder = new();
        FolderSessionStore store = new(folder.Path);
        string id = Conversation.NewId();
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 2), s_state, default));
        await store.WriteAsync(Record(id, 1), s_state, default);
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 1), s_state, default));
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 3), s_state, default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.WriteAsync(Record("../" + id[3..], 1), s_state, default));
        await store.DeleteAsync(id, default);
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 2), s_state, default));
        Assert.Null(await store.FindAsync(id, default));
    }

    [Fact]
    public async Task Sessions_expire_and_a_full_store_refuses()
    {
        using TemporaryFolder folder = new();
        TimerClock clock = new();
        FolderSessionStore store = new(folder.Path, new FolderSessionStoreOptions { MaxBytes = 2_000, Expiry = TimeSpan.FromDays(1), Clock = clock });
        string old = Conversation.NewId(), young = Conversation.NewId();
        await store.WriteAsync(Record(old, 1) with { LastUsed = clock.GetUtcNow() }, new byte[1_000], default);
        await Assert.ThrowsAsync<StoreFullException>(async () => await store.WriteAsync(Record(young, 1), new byte[1_000], default));
        Assert.NotNull(await store.FindAsync(old, default));
        clock.Advance(TimeSpan.FromHours(25));
        Assert.Null(await store.FindAsync(old, default));
        await store.WriteAsync(Record(young, 1) with { LastUsed = clock.GetUtcNow() }, new byte[1_000], default);
        Assert.Equal([young], (await store.ListAsync("o", default).CollectAsync()).Select(record => record.Id));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_session_whose_folder_cannot_be_created_is_one_that_the_store_cannot_write()
    {
        using TemporaryFolder folder = new();
        FolderSessionStore store = new(folder.Path);
        string id = Conversation.NewId();
        folder.Write(id, "in the way");
        StoreUnavailableException fault = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.WriteAsync(Record(id, 1), s_state, default));
        Assert.DoesNotContain(folder.Path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_cannot_be_written_leaves_no_folder()
    {
        using TemporaryFolder folder = new();
        FolderSessionStore store = new(folder.Path);
        string id = Conversation.NewId();
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.WriteAsync(Record(id, 1) with { Name = new string('x', 1 << 17) }, s_state, default));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_whose_folder_cannot_be_listed_is_unavailable(bool isFile)
    {
        using TemporaryFolder folder = new();
        FolderSessionStore store = new(folder["store"]);
        Directory.Delete(folder["store"]);
        if (isFile)
        {
            folder.Write("store", "in the way");
        }

        StoreUnavailableException fault = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ListAsync("o", default).CollectAsync());
        Assert.DoesNotContain(folder.Path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_session_does_not_hide_the_others_in_the_list()
    {
        using TemporaryFolder folder = new();
        FolderSessionStore store = new(folder.Path);
        string damaged = Conversation.NewId(), whole = Conversation.NewId();
        await store.WriteAsync(Record(damaged, 1), s_state, default);
        await store.WriteAsync(Record(whole, 1), s_state, default);
        await File.WriteAllTextAsync(Directory.GetFiles(Path.Combine(folder.Path, damaged)).Single(), "junk");
        Assert.Equal([whole], (await store.ListAsync("o", default).CollectAsync()).Select(record => record.Id));
    }

    [Fact]
    public async Task Damaged_files_are_told_and_what_a_killed_process_left_goes()
    {
        using TemporaryFolder folder = new();
        FolderSessionStore store = new(folder.Path);
        string id = Conversation.NewId();
        await store.WriteAsync(Record(id, 1), s_state, default);
        string file = Directory.GetFiles(Path.Combine(folder.Path, id)).Single();
        byte[] whole = await File.ReadAllBytesAsync(file);
        for (int length = 0; length < whole.Length - s_state.Length; length++)
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            Assert.Contains("is damaged", (await Assert.ThrowsAsync<StoredSessionException>(async () => await store.FindAsync(id, default))).Message, StringComparison.Ordinal);
        }

        await File.WriteAllBytesAsync(file, whole);
        string left = Path.Combine(folder.Path, id, $".{Path.GetFileName(file)}.0123456789abcdef.tmp");
        await File.WriteAllBytesAsync(left, [1]);
        await store.WriteAsync(Record(id, 2), s_state, default);
        Assert.False(File.Exists(left));
        using StoredSession? stored = await store.ReadAsync(id, default);
        Assert.Equal(s_state, new BinaryReader(stored!.State).ReadBytes(10));
    }

    private static SessionRecord Record(string id, long version) => new(id, "o", "", version, 5, default, default);
}
